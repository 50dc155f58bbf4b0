<?php

/**
 * The license as pages see it: read from the one autoloaded record, judged by the clock, never by a request.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Site\Store;

final class State
{
	private const SKEW = 300;

	/** @var array<string, mixed> */
	private array $record;

	public function __construct(Store $store)
	{
		$this->record = $store->read('state');
	}

	/** One of the states of protocols.md 4.6. */
	public function name(int $now): string
	{
		$base = (string) ($this->record['license'] ?? 'unlicensed');
		if ($base !== 'active') {
			return $base;
		}
		if (isset($this->record['lexp']) && $now > $this->record['lexp']) {
			return 'expired';
		}
		if ($now <= ($this->record['exp'] ?? 0) + self::SKEW) {
			return 'active';
		}
		$over = $now > ($this->record['gexp'] ?? 0) + self::SKEW;
		return $over && isset($this->record['lapsed']) ? 'lapsed' : 'stale';
	}

	public function allows(string $entitlement, int $now): bool
	{
		$state = $this->name($now);
		$on = in_array($state, array('active', 'stale'), true)
			|| (in_array($state, array('expired', 'lapsed'), true) && ($this->record['after'] ?? 'keep') === 'keep')
			|| ($state === 'site_changed' && $now <= ($this->record['gexp'] ?? 0));
		return $on && in_array($entitlement, $this->record['feat'] ?? array(), true);
	}

	public function unread(): int
	{
		return (int) ($this->record['unread'] ?? 0);
	}
}
