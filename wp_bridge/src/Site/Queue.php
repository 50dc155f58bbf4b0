<?php

/**
 * What still has to reach the server: items with their own idempotency key, tried for 14 days.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

use Keydesk\Bridge\Client\Outcome;

final class Queue
{
	private const MOST = 20;

	private const LONGEST = 49152;

	private const PAUSES = array(300, 3600, 7200, 14400, 28800);

	private const LIFE = 1209600;

	private Store $store;

	private Identity $identity;

	private Ticker $ticker;

	public function __construct(Store $store, Identity $identity, Ticker $ticker)
	{
		$this->store = $store;
		$this->identity = $identity;
		$this->ticker = $ticker;
	}

	/**
	 * @param array<string, mixed> $body
	 * @param array<int, array<string, mixed>> $files attachments that wait in the site
	 * @return array<string, mixed>|null the item, null when the queue is full or the item too long
	 */
	public function add(string $kind, array $body, array $files, int $user, int $now): ?array
	{
		$item = array(
			'id' => wp_generate_uuid4(),
			'kind' => $kind,
			'created' => $now,
			'home' => $this->identity->home(),
			'user' => $user,
			'tries' => 0,
			'next' => $now,
			'failed' => '',
			'files' => $files,
			'body' => $body,
		);
		$size = strlen((string) json_encode($item, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES));
		$added = $size <= self::LONGEST && $this->change(static function (array $items) use ($item): ?array {
			return count($items) >= self::MOST ? null : array_merge($items, array($item));
		});
		return $added ? $item : null;
	}

	/** @return array<int, array<string, mixed>> as they stand now, whoever wrote last */
	public function items(): array
	{
		return $this->store->alone('queue', function (): array {
			$items = $this->store->read('queue')['items'] ?? array();
			return is_array($items) ? array_values($items) : array();
		});
	}

	/** @return array<string, mixed>|null */
	public function find(string $id): ?array
	{
		foreach ($this->items() as $item) {
			if ($item['id'] === $id) {
				return $item;
			}
		}
		return null;
	}

	/** @param array<string, mixed> $changed an item as it should stand now */
	public function update(array $changed): void
	{
		$this->each(static function (array $item) use ($changed): array {
			return $item['id'] === $changed['id'] ? $changed : $item;
		});
	}

	public function remove(string $id): void
	{
		$this->change(static function (array $items) use ($id): array {
			return array_values(array_filter($items, static function (array $item) use ($id): bool {
				return $item['id'] !== $id;
			}));
		});
	}

	/**
	 * Makes a draft of what had failed an item again. Its key is new: the server remembers a refusal by the old one.
	 *
	 * @param array<string, mixed> $item
	 * @return array<string, mixed>
	 */
	public function revive(array $item, int $now): array
	{
		$fresh = array(
			'id' => wp_generate_uuid4(),
			'created' => $now,
			'home' => $this->identity->home(),
			'tries' => 0,
			'next' => $now,
			'failed' => '',
		);
		$this->each(static function (array $old) use ($item, $fresh): array {
			return $old['id'] === $item['id'] ? $fresh + $old : $old;
		});
		return $fresh + $item;
	}

	/** The site has moved: what it wanted to send under its old address goes out under the new one. */
	public function bringHome(): void
	{
		$home = $this->identity->home();
		$this->each(static function (array $item) use ($home): array {
			$failed = $item['failed'] === 'site_changed' ? '' : $item['failed'];
			return array('home' => $home, 'failed' => $failed) + $item;
		});
	}

	/** A site of its own: what waits belongs to the old one. */
	public function clear(): void
	{
		$this->change(static function (): array {
			return array();
		});
	}

	/** Makes waiting items due at once: the server answers again, or a person pressed "Try now". */
	public function hasten(int $now): void
	{
		$this->each(static function (array $item) use ($now): array {
			$waits = $item['failed'] === '' && $item['next'] > $now;
			return $waits ? array('next' => $now) + $item : $item;
		});
	}

	/**
	 * Sends what is due. A failed item holds back later messages of its own thread, nothing else.
	 *
	 * @param array<string, callable(array<string, mixed>): Outcome> $handlers by kind
	 */
	public function drain(array $handlers, int $now, int $deadline): void
	{
		$held = array();
		foreach ($this->items() as $item) {
			$thread = (string) ($item['body']['ticket_id'] ?? '');
			$due = $item['failed'] === '' && $item['next'] <= $now && !isset($held[$thread]);
			if ($due && time() < $deadline && isset($handlers[$item['kind']])) {
				$outcome = $this->deliver($item, $handlers[$item['kind']], $now);
				$due = !$outcome->isDone() && !$outcome->isRefused();
			}
			if ($thread !== '' && $due) {
				$held[$thread] = true;
			}
		}
	}

	/**
	 * @param array<string, mixed> $item
	 * @param callable(array<string, mixed>): Outcome $handler
	 */
	public function deliver(array $item, callable $handler, int $now): Outcome
	{
		if ($item['home'] !== $this->identity->home()) {
			return $this->giveUp($item, 'site_changed');
		}
		$outcome = $handler($item);
		if ($outcome->isDone()) {
			$this->remove($item['id']);
			return $outcome;
		}
		$item = $this->find($item['id']) ?? $item;
		if ($outcome->isRefused() && $outcome->code() !== 'idempotency_in_progress') {
			return $this->giveUp($item, $outcome->code(), $outcome);
		}
		if ($now - $item['created'] >= self::LIFE) {
			return $this->giveUp($item, 'too_old');
		}
		$this->postpone($item, $outcome, $now);
		return $outcome;
	}

	/**
	 * A request that the breaker held back was no try.
	 *
	 * @param array<string, mixed> $item
	 */
	private function postpone(array $item, Outcome $outcome, int $now): void
	{
		if ($item['tries'] === 0) {
			$this->ticker->wakeAt($now + self::PAUSES[0]);
		}
		if ($outcome->code() === 'breaker_open') {
			$item['next'] = $now + 60;
		} else {
			$item['next'] = $now + (self::PAUSES[$item['tries']] ?? 86400);
			$item['tries']++;
		}
		$this->update($item);
	}

	/**
	 * The item stays as a draft that a person may send again or throw away.
	 *
	 * @param array<string, mixed> $item
	 */
	private function giveUp(array $item, string $code, ?Outcome $outcome = null): Outcome
	{
		$item['failed'] = $code;
		if ($item['kind'] === 'release') {
			$this->remove($item['id']); // no draft of anybody: it would lie there for ever, with its token
		} else {
			$this->update($item);
		}
		return $outcome ?? Outcome::refused(409, array('code' => $code));
	}

	/** @param callable(array<string, mixed>): array<string, mixed> $edit */
	private function each(callable $edit): void
	{
		$this->change(static function (array $items) use ($edit): array {
			return array_map($edit, $items);
		});
	}

	/**
	 * @param callable(array<int, array<string, mixed>>): (array<int, array<string, mixed>>|null) $edit
	 *     null: leave everything as it is
	 */
	private function change(callable $edit): bool
	{
		return $this->store->alone('queue', function () use ($edit): bool {
			$items = $edit($this->items());
			if ($items === null || !$this->store->write('queue', array('items' => $items))) {
				return false;
			}
			$times = array();
			foreach ($items as $item) {
				$times[] = $item['failed'] === '' ? (int) $item['next'] : PHP_INT_MAX;
			}
			$next = $times === array() ? PHP_INT_MAX : min($times);
			return $this->store->merge('state', array('send' => $next === PHP_INT_MAX ? null : $next));
		});
	}
}
