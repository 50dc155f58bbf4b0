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
	public function watch(): void
	{
		$this->room->moving()->watch($this->now);
	}

	public function state(): string
	{
		return (new Standing($this->store->read('state'), $this->now))->name();
	}

	/** @return array<string, mixed> */
	public function all(): array
	{
		$state = $this->state();
		$record = $this->store->read('state');
		$described = $this->room->seat()->described();
		$license = $described['license'];
		$until = (int) strtotime((string) ($license['valid_until'] ?? ''));
		return array(
			'state' => $state,
			'open' => $this->room->seat()->token() === '' || in_array($state, self::OPEN, true),
			'good_until' => (int) ($record['gexp'] ?? 0),
			'checked' => in_array($state, array('active', 'stale'), true),
			'test' => ($record['mode'] ?? 'live') === 'test',
			'explained' => $this->words->explained($state),
			'stopped' => $this->words->stopped($license['stopped'] ?? null),
			'term' => $this->words->term($until, ($license['renews'] ?? false) === true, $this->now),
			'choices' => $this->words->choices(),
			'shared' => $this->store->isForNetwork() && !current_user_can('manage_network_plugins'),
			'mailed' => $this->room->keyMail()->waitsFor($this->now),
		) + $described;
	}
}
