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
		$items = $this->items();
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
		if (count($items) >= self::MOST || $size > self::LONGEST) {
			return null;
		}
		$items[] = $item;
		return $this->save($items) ? $item : null;
	}

	/** @return array<int, array<string, mixed>> */
	public function items(): array
	{
		$items = $this->store->read('queue')['items'] ?? array();
		return is_array($items) ? array_values($items) : array();
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
		$items = $this->items();
		foreach ($items as $place => $item) {
			if ($item['id'] === $changed['id']) {
				$items[$place] = $changed;
			}
		}
		$this->save($items);
	}

	public function remove(string $id): void
	{
		$left = array();
		foreach ($this->items() as $item) {
			if ($item['id'] !== $id) {
				$left[] = $item;
			}
		}
		$this->save($left);
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
		$items = $this->items();
		foreach ($items as $place => $old) {
			if ($old['id'] === $item['id']) {
				$items[$place] = $fresh + $old;
			}
		}
		$this->save($items);
		return $fresh + $item;
	}

	/** Makes waiting items due at once: the server answers again, or a person pressed "Try now". */
	public function hasten(int $now): void
	{
		$items = $this->items();
		foreach ($items as $place => $item) {
			if ($item['failed'] === '' && $item['next'] > $now) {
				$items[$place]['next'] = $now;
			}
		}
		$this->save($items);
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

	/** When the next item is due; 0 when nothing waits. */
	public function nextAt(): int
	{
		$times = array();
		foreach ($this->items() as $item) {
			if ($item['failed'] === '') {
				$times[] = (int) $item['next'];
			}
		}
		return $times === array() ? 0 : min($times);
	}

	/**
	 * The item stays as a draft that a person may send again or throw away.
	 *
	 * @param array<string, mixed> $item
	 */
	private function giveUp(array $item, string $code, ?Outcome $outcome = null): Outcome
	{
		$item['failed'] = $code;
		$this->update($item);
		return $outcome ?? Outcome::refused(409, array('code' => $code));
	}

	/** @param array<int, array<string, mixed>> $items */
	private function save(array $items): bool
	{
		$saved = $this->store->write('queue', array('items' => $items));
		$next = $this->nextAt();
		$this->store->merge('state', array('send' => $next === 0 ? null : $next));
		return $saved;
	}
}
