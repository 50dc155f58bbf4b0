<?php

/**
 * What signed answers have taught this site: the keys that count, what was revoked, and what time it is.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\Revocations;
use Keydesk\Bridge\Client\Standing;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Store;

final class Trust
{
	private Config $config;

	private Store $store;

	public function __construct(Config $config, Store $store)
	{
		$this->config = $config;
		$this->store = $store;
	}

	/**
	 * The keys of the last signed reply before those that were built in; the end of a built-in key that a
	 * reply named once is kept, so that it does not come back when later replies leave it out.
	 */
	public function keys(): Keys
	{
		$held = $this->store->read('lease') + array('keys' => array(), 'ended' => array());
		$revoked = $this->list()['kids'];
		$rows = array();
		foreach (array_merge($held['keys'], $this->config->leaseKeys()) as $row) {
			$kid = is_array($row) ? (string) ($row['kid'] ?? '') : '';
			if ($kid !== '' && !in_array($kid, $revoked, true)) {
				$rows[] = $row + array('not_after' => $held['ended'][$kid] ?? null);
			}
		}
		return new Keys($rows);
	}

	/** @param array<int|string, mixed> $rows signing_keys of a reply whose signature held under a key of its time */
	public function learn(array $rows): void
	{
		$rows = array_slice(array_filter($rows, 'is_array'), 0, Keys::MOST);
		$built = array_column($this->config->leaseKeys(), 'kid');
		$ended = $this->store->read('lease')['ended'] ?? array();
		foreach ($rows as $place => $row) {
			$rows[$place] = array_intersect_key($row, array_flip(array('kid', 'public_key', 'not_before', 'not_after')));
			if (is_int($row['not_after'] ?? null) && in_array($row['kid'] ?? '', $built, true)) {
				$ended[$row['kid']] = $row['not_after'];
			}
		}
		if ($rows !== array()) {
			$ends = $ended === array() ? null : $ended;
			$this->store->merge('lease', array('keys' => array_values($rows), 'ended' => $ends));
		}
	}

	/** Keeps of a newer list what concerns this site. Returns the verdict on the list. */
	public function absorb(string $text): string
	{
		$serial = $this->list()['serial'];
		$product = $this->config->text('product');
		$list = Revocations::read($text, $this->keys(), $this->config->text('tenant'), $product, $serial);
		if ($list->verdict() === 'accepted') {
			$held = $this->store->read('lease');
			$claims = $list->claims();
			$own = array($held['activation'] ?? '', $held['license']['license_id'] ?? '');
			$this->store->merge('lease', array('list' => array(
				'serial' => $claims['serial'],
				'iat' => $claims['iat'],
				'ids' => array_values(array_intersect($own, $claims['leases'])),
				'kids' => array_slice($claims['kids'], 0, 20),
			)));
		}
		return $list->verdict();
	}

	/** @return array{serial: int, iat: int, ids: array<int, string>, kids: array<int, string>} */
	public function list(): array
	{
		$none = array('serial' => 0, 'iat' => 0, 'ids' => array(), 'kids' => array());
		return ($this->store->read('lease')['list'] ?? array()) + $none;
	}

	/** Local time; where the clock is in doubt, the server's time and the seconds since then. */
	public function now(int $now): int
	{
		return Standing::time($this->store->read('state'), $now);
	}

	/** The time by which the age of a reply is judged; null while the clock is in doubt or was never compared. */
	public function replyTime(int $now): ?int
	{
		$state = $this->store->read('state');
		return !isset($state['heard']) || Standing::isDoubtful($state, $now) ? null : $now;
	}

	/** @param int $serverTime of a signed reply */
	public function setClock(int $serverTime, int $now): void
	{
		$seen = max($serverTime, (int) ($this->store->read('state')['seen'] ?? 0));
		$this->store->merge('state', array('heard' => array($serverTime, $now), 'seen' => $seen));
	}
}
