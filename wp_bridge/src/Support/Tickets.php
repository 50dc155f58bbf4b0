<?php

/**
 * Asking, reading and answering: what a person writes is queued first, then sent at once if possible.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Support;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;

final class Tickets
{
	private const THREAD_KEPT = 86400;

	private Api $api;

	private Queue $queue;

	private Attachments $attachments;

	private Digests $digests;

	private Seen $seen;

	private Store $store;

	private Identity $identity;

	public function __construct(Api $api, Queue $queue, Attachments $attachments, Store $store, Identity $identity)
	{
		$this->api = $api;
		$this->queue = $queue;
		$this->attachments = $attachments;
		$this->store = $store;
		$this->identity = $identity;
		$this->digests = new Digests($store, $identity);
		$this->seen = new Seen($api, $store);
	}

	/**
	 * @param array<string, mixed> $ticket fields of POST /v1/tickets without files and diagnostics
	 * @param array<int, array<string, mixed>> $files
	 * @param array<string, mixed> $diagnostics exactly what the person saw
	 * @return Outcome unreachable means: it waits in the queue and goes by itself
	 */
	public function open(array $ticket, array $files, array $diagnostics, int $user, int $now): Outcome
	{
		$ticket['user_ref'] = $this->identity->userRef($user);
		$ticket['client_created_at'] = gmdate('Y-m-d\TH:i:s\Z', $now);
		if ($diagnostics !== array()) {
			$text = (string) json_encode($diagnostics, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
			$ticket['diagnostics_file'] = $this->attachments->put($text);
		}
		$ticket['as_site'] = $this->token() !== '';
		return $this->queueAndTry('ticket', $ticket, $files, $user, $now);
	}

	/** @param array<int, array<string, mixed>> $files */
	public function answer(string $ticketId, array $message, array $files, int $user, int $now): Outcome
	{
		$message['ticket_id'] = $ticketId;
		$message['user_ref'] = $this->identity->userRef($user);
		return $this->queueAndTry('message', $message, $files, $user, $now);
	}

	public function setStatus(string $ticketId, string $status, int $user): Outcome
	{
		$digest = $this->digests->find($ticketId);
		if ($digest === null || !$this->digests->maySee($digest, $user)) {
			return Outcome::refused(404, array('code' => 'not_found'));
		}
		$outcome = $this->asSite(function (string $token) use ($ticketId, $status): Outcome {
			return $this->api->setStatus($token, $ticketId, $status);
		});
		if ($outcome->isDone()) {
			$this->thread($ticketId, $user);
		}
		return $outcome;
	}

	/** Fetches a conversation and keeps it for a day, so that the page opens with it the next time. */
	public function thread(string $ticketId, int $user): Outcome
	{
		$outcome = $this->asSite(function (string $token) use ($ticketId): Outcome {
			return $this->api->ticket($token, $ticketId);
		});
		if (!$outcome->isDone()) {
			return $outcome;
		}
		if (!$this->digests->maySee($outcome->data(), $user)) {
			return Outcome::refused(404, array('code' => 'not_found'));
		}
		$this->store->remember('thread_' . $ticketId, $outcome->data(), self::THREAD_KEPT);
		$this->digests->absorb(array($outcome->data()));
		$this->digests->markSeen($ticketId);
		if ($this->digests->isBy($outcome->data(), $user)) { // a colleague's look is no reason not to mail the asker
			$this->seen->tell($this->token(), $ticketId, $outcome->list('messages'));
		}
		return $outcome;
	}

	/** @return array<string, mixed>|null what was fetched last; no request */
	public function kept(string $ticketId, int $user): ?array
	{
		$thread = $this->store->recall('thread_' . $ticketId) ?? $this->digests->find($ticketId);
		return $thread !== null && $this->digests->maySee($thread, $user) ? $thread : null;
	}

	public function refreshList(): Outcome
	{
		$outcome = $this->asSite(function (string $token): Outcome {
			return $this->api->tickets($token);
		});
		if ($outcome->isDone()) {
			$this->digests->absorb($outcome->list('data'));
		}
		return $outcome;
	}

	public function attachmentLink(string $attachmentId): Outcome
	{
		return $this->asSite(function (string $token) use ($attachmentId): Outcome {
			return $this->api->attachmentLink($token, $attachmentId);
		});
	}

	public function digests(): Digests
	{
		return $this->digests;
	}

	/** @return array<int, array<string, mixed>> what this user wrote and the server does not have yet */
	public function waiting(int $user): array
	{
		return array_values(array_filter($this->queue->items(), static function (array $item) use ($user): bool {
			return $item['user'] === $user && in_array($item['kind'], array('ticket', 'message'), true);
		}));
	}

	/** Sends again what could not be sent; a person asked for it. */
	public function again(string $itemId, int $user, int $now): Outcome
	{
		$item = $this->queue->find($itemId);
		if ($item === null || $item['user'] !== $user || $item['failed'] === '') {
			return Outcome::refused(404, array('code' => 'not_found'));
		}
		$item = $this->queue->revive($item, $now);
		return $this->queue->deliver($item, $this->senders()[$item['kind']], $now);
	}

	/** Throws a waiting item away, with its files. */
	public function drop(string $itemId, int $user): bool
	{
		$item = $this->queue->find($itemId);
		if ($item === null || $item['user'] !== $user) {
			return false;
		}
		$this->queue->remove($itemId);
		$this->forgetFiles($item);
		return true;
	}

	/** @return array<string, callable(array<string, mixed>): Outcome> */
	public function senders(): array
	{
		return array('ticket' => array($this, 'sendTicket'), 'message' => array($this, 'sendMessage'));
	}

	/** @param array<string, mixed> $item */
	public function sendTicket(array $item): Outcome
	{
		$token = $item['body']['as_site'] ? $this->token() : '';
		if ($item['body']['as_site'] && $token === '') {
			return Outcome::refused(401, array('code' => 'token_revoked'));
		}
		$uploaded = $this->upload($item, $token);
		if (!$uploaded->isDone()) {
			return $uploaded;
		}
		$ticket = $item['body'];
		$file = (string) ($ticket['diagnostics_file'] ?? '');
		unset($ticket['diagnostics_file'], $ticket['as_site']);
		$facts = $file === '' ? null : json_decode((string) $this->attachments->get($file), true);
		if (is_array($facts)) {
			$ticket['diagnostics'] = array_map(static function (array $rows) {
				return (object) $rows;
			}, $facts);
		}
		$ticket += $uploaded->data();
		$outcome = $this->api->openTicket($token, $ticket, $item['id']);
		if ($outcome->isDone()) {
			$this->forgetFiles($item);
			$this->digests->absorb(array(array(
				'ticket_id' => $outcome->text('ticket_id'),
				'number' => $outcome->text('number'),
				'subject' => $ticket['subject'],
				'status' => $outcome->text('status'),
				'last_at' => $ticket['client_created_at'],
				'last_excerpt' => $ticket['body'],
				'user_ref' => $ticket['user_ref'],
				'shared' => $ticket['shared'],
			)));
		}
		return $outcome;
	}

	/** @param array<string, mixed> $item */
	public function sendMessage(array $item): Outcome
	{
		$uploaded = $this->upload($item, $this->token());
		if (!$uploaded->isDone()) {
			return $uploaded;
		}
		$message = $item['body'] + $uploaded->data();
		unset($message['ticket_id']);
		$outcome = $this->asSite(function (string $token) use ($item, $message): Outcome {
			return $this->api->reply($token, $item['body']['ticket_id'], $message, $item['id']);
		});
		if ($outcome->isDone()) {
			$this->forgetFiles($item);
		}
		return $outcome;
	}

	/**
	 * One file a request, each with a key of its own that survives a crash.
	 *
	 * @param array<string, mixed> $item
	 * @return Outcome done with attachment_ids (or nothing), or the first refusal
	 */
	private function upload(array $item, string $token): Outcome
	{
		foreach ($item['files'] as $place => $file) {
			$bytes = isset($file['remote']) ? null : $this->attachments->get((string) $file['id']);
			if ($bytes === null) {
				continue;
			}
			$outcome = $this->api->upload($token, $file, $bytes, $item['id'] . '.' . $place);
			if (!$outcome->isDone()) {
				return $outcome;
			}
			$item['files'][$place]['remote'] = $outcome->text('attachment_id');
			$this->queue->update($item);
		}
		$ids = array_column($item['files'], 'remote');
		return Outcome::done(200, $ids === array() ? array() : array('attachment_ids' => $ids));
	}

	/** @param array<string, mixed> $item */
	private function forgetFiles(array $item): void
	{
		foreach ($item['files'] as $file) {
			$this->attachments->remove((string) $file['id']);
		}
		$this->attachments->remove((string) ($item['body']['diagnostics_file'] ?? ''));
	}

	/**
	 * @param array<string, mixed> $body
	 * @param array<int, array<string, mixed>> $files
	 */
	private function queueAndTry(string $kind, array $body, array $files, int $user, int $now): Outcome
	{
		$item = $this->queue->add($kind, $body, $files, $user, $now);
		if ($item === null) {
			return Outcome::refused(409, array('code' => 'keydesk_queue_full'));
		}
		$outcome = $this->queue->deliver($item, $this->senders()[$kind], $now);
		if ($outcome->isRefused()) {
			$this->queue->remove($item['id']);
		}
		return $outcome;
	}

	/** @param callable(string): Outcome $call */
	private function asSite(callable $call): Outcome
	{
		$token = $this->token();
		$hasMoved = isset($this->store->read('state')['moved']) || $this->identity->isElsewhere();
		if ($token === '' || $hasMoved) {
			return Outcome::refused(409, array('code' => $token === '' ? 'not_connected' : 'site_changed'));
		}
		return $call($token);
	}

	private function token(): string
	{
		return (string) ($this->store->read('credentials')['token'] ?? '');
	}
}
