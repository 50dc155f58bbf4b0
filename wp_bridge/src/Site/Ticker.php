<?php

/**
 * The one cron hook: ends at once when nothing is due, works alone, stops after 20 seconds.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Ticker
{
	private const LOCK = 120;

	private const BUDGET = 20;

	private Store $store;

	private string $hook;

	public function __construct(Store $store, Names $names)
	{
		$this->store = $store;
		$this->hook = $names->key('tick');
	}

	/** @param string $uid spreads the sites over the hour */
	public function schedule(string $uid, int $now): void
	{
		if (wp_next_scheduled($this->hook) === false) {
			$offset = (int) fmod((float) hexdec(substr(hash('sha256', $uid . $this->hook), 0, 8)), 3600.0);
			wp_schedule_event($now + $offset, 'hourly', $this->hook);
		}
	}

	public function unschedule(): void
	{
		wp_clear_scheduled_hook($this->hook);
	}

	/** One more run soon, besides the hourly one. */
	public function wakeAt(int $moment): void
	{
		wp_schedule_single_event($moment, $this->hook);
	}

	/** @param array<int, callable(int): void> $duties each gets the time at which it must stop */
	public function run(array $duties, int $now): void
	{
		if (!$this->isDue($now) || !$this->store->lock('tick', $now, self::LOCK)) {
			return;
		}
		$deadline = time() + self::BUDGET;
		try {
			foreach ($duties as $duty) {
				if (time() < $deadline) {
					$duty($deadline);
				}
			}
		} finally {
			$this->store->unlock('tick');
		}
	}

	private function isDue(int $now): bool
	{
		$state = $this->store->read('state');
		foreach (array('check', 'send') as $time) {
			if (isset($state[$time]) && $state[$time] <= $now) {
				return true;
			}
		}
		return false;
	}
}
