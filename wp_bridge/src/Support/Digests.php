<?php

/**
 * The list of tickets as the site last heard of it; who may see which; how many answers are unread.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Support;

use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Store;

final class Digests
{
	private const MOST = 20;

	private const TEXTS = array(
		'ticket_id' => 40, 'number' => 40, 'subject' => 200, 'status' => 30, 'last_at' => 40,
		'last_excerpt' => 300, 'user_ref' => 64,
	);

	private Store $store;

	private Identity $identity;

	public function __construct(Store $store, Identity $identity)
	{
		$this->store = $store;
		$this->identity = $identity;
	}

	/** @return array<int, array<string, mixed>> newest first, only those this user may see */
	public function visibleTo(int $user): array
	{
		$mine = $this->identity->userRef($user);
		$seen = array();
		foreach ($this->all() as $digest) {
			if ($digest['shared'] === true || $digest['user_ref'] === $mine) {
				$seen[] = $digest + array('mine' => $digest['user_ref'] === $mine);
			}
		}
		return $seen;
	}

	public function maySee(array $ticket, int $user): bool
	{
		return ($ticket['shared'] ?? false) === true || $this->isBy($ticket, $user);
	}

	public function isBy(array $ticket, int $user): bool
	{
		return ($ticket['user_ref'] ?? '') === $this->identity->userRef($user);
	}

	/** @return array<string, mixed>|null */
	public function find(string $ticketId): ?array
	{
		foreach ($this->all() as $digest) {
			if ($digest['ticket_id'] === $ticketId) {
				return $digest;
			}
		}
		return null;
	}

	/** @param array<int|string, mixed> $items of a list, or of a check-in (then some fields are missing) */
	public function absorb(array $items): void
	{
		$this->store->alone('help', function () use ($items): void {
			$this->merge($items);
		});
	}

	/** @param array<int|string, mixed> $items */
	private function merge(array $items): void
	{
		$known = array();
		foreach ($this->all() as $digest) {
			$known[$digest['ticket_id']] = $digest;
		}
		foreach ($items as $item) {
			if (is_array($item) && is_string($item['ticket_id'] ?? null)) {
				$old = $known[$item['ticket_id']] ?? array('user_ref' => '', 'shared' => false, 'seen' => '');
				$known[$item['ticket_id']] = self::shape($item, $old);
			}
		}
		usort($known, static function (array $one, array $two): int {
			return strcmp($two['last_at'], $one['last_at']);
		});
		$this->save(array_slice($known, 0, self::MOST));
	}

	/** The person has the thread before their eyes. */
	public function markSeen(string $ticketId): void
	{
		$this->store->alone('help', function () use ($ticketId): void {
			$all = $this->all();
			foreach ($all as $place => $digest) {
				if ($digest['ticket_id'] === $ticketId) {
					$all[$place]['seen'] = $digest['last_at'];
					$all[$place]['unread'] = 0;
				}
			}
			$this->save($all);
		});
	}

	/** Whether an answer may still come; then the tick looks every hour. */
	public function someoneWaits(int $now): bool
	{
		foreach ($this->all() as $digest) {
			$fresh = $now - (int) strtotime($digest['last_at']) < 7 * 86400;
			if ($fresh && in_array($digest['status'], array('open', 'waiting_for_us'), true)) {
				return true;
			}
		}
		return false;
	}

	/** @return array<int, array<string, mixed>> */
	private function all(): array
	{
		$all = $this->store->read('help')['tickets'] ?? array();
		return is_array($all) ? $all : array();
	}

	/**
	 * @param array<string, mixed> $item
	 * @param array<string, mixed> $old
	 * @return array<string, mixed>
	 */
	private static function shape(array $item, array $old): array
	{
		$told = array_filter($item, 'is_scalar') + $old + array_fill_keys(array_keys(self::TEXTS), '');
		$digest = array();
		foreach (self::TEXTS as $name => $longest) {
			$digest[$name] = mb_substr((string) $told[$name], 0, $longest);
		}
		$digest['shared'] = $told['shared'] === true;
		$digest['seen'] = (string) $old['seen'];
		$digest['unread'] = $digest['seen'] === $digest['last_at'] ? 0 : (int) ($item['unread'] ?? 0);
		return $digest;
	}

	/** @param array<int, array<string, mixed>> $all */
	private function save(array $all): void
	{
		while (!$this->store->merge('help', array('tickets' => $all)) && $all !== array()) {
			array_pop($all);
		}
		$unread = count(array_filter(array_column($all, 'unread')));
		$this->store->merge('state', array('unread' => $unread === 0 ? null : $unread));
	}
}
