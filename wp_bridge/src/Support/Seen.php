<?php

/**
 * Tells the server which answer its asker has before their eyes, so that nobody mails it as well.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Support;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Site\Store;

final class Seen
{
	private const KEPT = 86400;

	private Api $api;

	private Store $store;

	public function __construct(Api $api, Store $store)
	{
		$this->api = $api;
		$this->store = $store;
	}

	/**
	 * Mere politeness: nothing is queued and nobody hears of a failure. Without an answer the next look
	 * at the thread tells it; a refusal is final for this message.
	 *
	 * @param array<int|string, mixed> $messages of the thread, as the server sent them
	 */
	public function tell(string $token, string $ticketId, array $messages): void
	{
		$newest = self::newestAnswer($messages);
		$told = (string) ($this->store->recall('told_' . $ticketId)['message_id'] ?? '');
		if (strcmp($newest, $told) <= 0) {
			return;
		}
		$outcome = $this->api->seen($token, $ticketId, $newest);
		if ($outcome->isDone() || $outcome->isRefused()) {
			$this->store->remember('told_' . $ticketId, array('message_id' => $newest), self::KEPT);
		}
	}

	/** @param array<int|string, mixed> $messages */
	private static function newestAnswer(array $messages): string
	{
		$newest = '';
		foreach ($messages as $message) {
			if (is_array($message) && ($message['author']['kind'] ?? '') === 'agent') {
				$id = (string) ($message['message_id'] ?? '');
				$newest = strcmp($id, $newest) > 0 ? $id : $newest;
			}
		}
		return $newest;
	}
}
