<?php

/**
 * What a license comes to at a moment (protocols.md 4.6): a pure function of what the site holds and the clock.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Standing
{
	private const SKEW = 300;

	private const DAY = 86400;

	private const SAID = array('suspended', 'revoked', 'released');

	private const NOTICES = array(
		'unlicensed' => 'activate', 'released' => 'activate', 'site_mismatch' => 'activate', 'stale' => 'offline',
		'lapsed' => 'check_now', 'expired' => 'renew', 'suspended' => 'contact', 'revoked' => 'contact',
		'site_changed' => 'choose',
	);

	/** @var array<string, mixed> */
	private array $held;

	private int $now;

	/**
	 * @param array<string, mixed> $held what `held()` made of a lease, and: license (active, or what became of it),
	 *     lapsed (found run out twice, a day apart), moved (the address changed), heard, seen: see `time()`
	 * @param int $now local Unix seconds
	 */
	public function __construct(array $held, int $now)
	{
		$this->held = $held;
		$this->now = self::time($held, $now);
	}

	/**
	 * What pages need of a lease, small enough for the autoloaded record.
	 *
	 * @param array<string, mixed> $claims
	 * @return array<string, mixed> a value of null stands for "not there"; upd and sup false for "without end"
	 */
	public static function held(array $claims): array
	{
		$held = array_intersect_key($claims, array('feat' => 1, 'lexp' => 1, 'iat' => 1, 'exp' => 1, 'gexp' => 1));
		foreach (array('upd', 'sup') as $end) {
			$held[$end] = array_key_exists($end, $claims) ? $claims[$end] ?? false : null;
		}
		$plain = array('after' => 'keep', 'mode' => 'live', 'net' => false);
		foreach (array_intersect_key($claims, $plain) as $name => $value) {
			$held[$name] = $value === $plain[$name] ? null : $value;
		}
		return $held;
	}

	/**
	 * The moment to judge by: the local one, or, when the clock is in doubt, the server's last time and the
	 * seconds since then. A clock that ran back adds none.
	 *
	 * @param array<string, mixed> $held heard ([server_time, local time] of the last signed answer), seen (the
	 *     highest time ever seen), iat
	 */
	public static function time(array $held, int $now): int
	{
		if (!self::isDoubtful($held, $now)) {
			return $now;
		}
		$seen = (int) ($held['seen'] ?? 0);
		if (!isset($held['heard'])) {
			return max($now, $seen, (int) ($held['iat'] ?? 0));
		}
		return max($held['heard'][0] + max(0, $now - $held['heard'][1]), $seen);
	}

	/**
	 * Whether the site's clock was more than a day off, or stands more than a day before the lease was signed.
	 *
	 * @param array<string, mixed> $held
	 */
	public static function isDoubtful(array $held, int $now): bool
	{
		$drift = isset($held['heard']) ? abs($held['heard'][0] - $held['heard'][1]) : 0;
		return $drift > self::DAY || (isset($held['iat']) && $now < $held['iat'] - self::DAY);
	}

	/** One of the states of protocols.md 4.6. */
	public function name(): string
	{
		$license = (string) ($this->held['license'] ?? 'unlicensed');
		if (isset($this->held['moved']) && !in_array($license, self::SAID, true)) {
			return 'site_changed';
		}
		return $license === 'active' ? $this->byTime() : $license;
	}

	/** What its owner should be told: activate, offline, check_now, renew, contact, choose; '' for nothing. */
	public function notice(): string
	{
		return self::NOTICES[$this->name()] ?? '';
	}

	/** Whether this entitlement may be used anew; what a site has made stays in any state. */
	public function allows(string $entitlement): bool
	{
		$isLimited = ($this->held['after'] ?? 'keep') === 'limit';
		$on = array(
			'active' => true,
			'stale' => true,
			'expired' => !$isLimited,
			'lapsed' => !$isLimited,
			'site_changed' => $this->now <= ($this->held['gexp'] ?? 0),
		);
		return ($on[$this->name()] ?? false) && in_array($entitlement, $this->held['feat'] ?? array(), true);
	}

	/** Whether new versions come with the license. */
	public function hasUpdates(): bool
	{
		$isOver = $this->name() === 'expired' && !$this->isBefore('upd');
		return in_array($this->name(), array('active', 'stale', 'expired'), true) && !$isOver;
	}

	private function byTime(): string
	{
		if (isset($this->held['lexp']) && $this->now > $this->held['lexp']) {
			return 'expired';
		}
		if ($this->now <= ($this->held['exp'] ?? 0) + self::SKEW) {
			return 'active';
		}
		$isOver = $this->now > ($this->held['gexp'] ?? 0) + self::SKEW;
		return $isOver && isset($this->held['lapsed']) ? 'lapsed' : 'stale';
	}

	/** Without a date of its own it ends with the license. */
	private function isBefore(string $end): bool
	{
		$moment = $this->held[$end] ?? $this->held['lexp'] ?? false;
		return $moment === false || $this->now <= $moment;
	}
}
