<?php

/**
 * The circuit breaker: after a failure nobody asks for a while, except a person, once a minute.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Breaker
{
	private const PAUSES = array(300, 3600, 7200, 14400, 28800, 43200, 86400);

	private const PROBE = 60;

	private Store $store;

	public function __construct(Store $store)
	{
		$this->store = $store;
	}

	/** @param bool $byPerson an act of somebody at the screen, not of the tick */
	public function allows(bool $byPerson, int $now): bool
	{
		$net = $this->store->read('net');
		if (($net['open_until'] ?? 0) <= $now) {
			return true;
		}
		if (!$byPerson || $now - ($net['probed'] ?? 0) < self::PROBE) {
			return false;
		}
		return $this->store->merge('net', array('probed' => $now));
	}

	public function isOpen(int $now): bool
	{
		return ($this->store->read('net')['open_until'] ?? 0) > $now;
	}

	/** @param int $retryAfter seconds the server asked for; 0 when it said nothing */
	public function failed(int $now, int $retryAfter): void
	{
		$fails = (int) ($this->store->read('net')['fails'] ?? 0);
		$pause = self::PAUSES[min($fails, count(self::PAUSES) - 1)];
		$seconds = $retryAfter > 0
			? max(60, min(86400, $retryAfter))
			: (int) ($pause * random_int(80, 120) / 100);
		$this->store->merge('net', array('open_until' => $now + $seconds, 'fails' => $fails + 1, 'probed' => $now));
	}

	public function succeeded(): void
	{
		$this->store->merge('net', array('open_until' => null, 'fails' => null, 'probed' => null));
	}
}
