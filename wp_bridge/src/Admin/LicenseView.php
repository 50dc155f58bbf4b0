<?php

/**
 * What the license screen shows, from what the site already holds.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Standing;
use Keydesk\Bridge\License\Room;
use Keydesk\Bridge\Site\Store;

final class LicenseView
{
	/** States in which a key may be entered. */
	private const OPEN = array('unlicensed', 'released', 'site_mismatch');

	private const RUNNING = array('active', 'stale');

	/** Seconds that every license works on after its end; one that works for longer waits for its renewal. */
	private const BUFFER = 86400;

	private Store $store;

	private Room $room;

	private LicenseWords $words;

	private int $now;

	public function __construct(Store $store, Room $room, LicenseWords $words, int $now)
	{
		$this->store = $store;
		$this->room = $room;
		$this->words = $words;
		$this->now = $now;
	}

	/** Looks at the address; writes only when it has changed. */
	public function look(): void
	{
		$this->room->moving()->look($this->now);
	}

	public function state(): string
	{
		return (new Standing($this->store->read('state'), $this->now))->name();
	}

	/** @return array<string, mixed> */
	public function all(): array
	{
		$state = $this->state();
		$record = $this->store->read('state') + array('gexp' => 0, 'lexp' => PHP_INT_MAX, 'mode' => 'live');
		$described = $this->room->seat()->described();
		$ends = $this->ends($state, $record, $described['license']);
		$isOpen = $this->room->seat()->token() === '' || in_array($state, self::OPEN, true);
		return array(
			'state' => $state,
			'open' => $isOpen || $ends['is_over'],
			'named' => $this->words->named($ends['is_over'], $ends['unpaid'] > 0),
			'good_until' => min($record['gexp'], $record['lexp']),
			'checked' => in_array($state, self::RUNNING, true) && $ends['unpaid'] === 0,
			'test' => $record['mode'] === 'test',
			'explained' => $this->explained($state, $ends),
			'stopped' => $this->words->stopped($state, $described['license']['stopped'] ?? null),
			'term' => $ends['term'],
			'renew' => $state === 'expired' || $ends['unpaid'] > 0 ? $this->words->renew() : '',
			'choices' => $this->words->choices(),
			'shared' => $this->store->isForNetwork() && !current_user_can('manage_network_plugins'),
			'mailed' => $this->room->keyMail()->waitsFor($this->now),
		) + $described;
	}

	/**
	 * What ends when: `copy`, the last moment of a temporary copy (0 for another site), and whether it is over;
	 * `unpaid`, until when the license works though its renewal is not paid (0 when it is); `term`, in words.
	 *
	 * @param array<string, mixed> $record
	 * @param array<string, mixed> $license
	 * @return array<string, mixed>
	 */
	private function ends(string $state, array $record, array $license): array
	{
		$runs = in_array($state, self::RUNNING, true);
		$copy = $runs || $state === 'lapsed' ? self::copyUntil($record) : 0;
		$until = (int) strtotime((string) ($license['valid_until'] ?? ''));
		$isLate = $runs && $until > 0 && $until <= $this->now && $record['lexp'] < PHP_INT_MAX;
		$late = $isLate ? (int) $record['lexp'] : 0;
		return array(
			'copy' => $copy,
			'is_over' => $copy > 0 && $copy <= $this->now,
			'unpaid' => $late - $until > self::BUFFER ? $late : 0,
			'term' => $this->words->term($until, $late, ($license['renews'] ?? false) === true, $this->now),
		);
	}

	/**
	 * The lease of a temporary copy alone has no grace (protocols.md 2.5).
	 *
	 * @param array<string, mixed> $record
	 */
	private static function copyUntil(array $record): int
	{
		return isset($record['exp']) && $record['exp'] === $record['gexp'] ? (int) $record['gexp'] : 0;
	}

	/** @param array<string, mixed> $ends */
	private function explained(string $state, array $ends): string
	{
		if ($ends['copy'] > 0) {
			return $this->words->copy($ends['copy'], $this->now);
		}
		return $ends['unpaid'] > 0 ? $this->words->unpaid($ends['unpaid']) : $this->words->explained($state);
	}
}
