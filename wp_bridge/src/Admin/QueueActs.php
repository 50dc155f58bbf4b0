<?php

/**
 * The acts for what waits: try it now, or throw it away.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Support\Tickets;

final class QueueActs
{
	private const SECONDS = 15;

	private Tickets $tickets;

	private Queue $queue;

	private Words $words;

	/** @var callable(int, int): void */
	private $drain;

	/** @param callable(int, int): void $drain sends what is due until the deadline */
	public function __construct(Tickets $tickets, Queue $queue, Words $words, callable $drain)
	{
		$this->tickets = $tickets;
		$this->queue = $queue;
		$this->words = $words;
		$this->drain = $drain;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$item = array('item_id' => array('type' => 'string', 'max' => 40, 'required' => true));
		$dispatcher->add(new Action('sync', $capability, Action::schema(array()), array($this, 'sync')));
		$dispatcher->add(new Action('drop', $capability, Action::schema($item), array($this, 'drop')));
		$again = array($this, 'again');
		$dispatcher->add(new Action('again', $capability, Action::schema($item), $again, array('group' => 'send')));
	}

	/** @param array<string, mixed> $input */
	public function sync(array $input, int $user, int $now): Answer
	{
		unset($input);
		$this->queue->hasten($now);
		($this->drain)($now, time() + self::SECONDS);
		$left = count($this->tickets->waiting($user));
		$text = $left === 0
			? __('Everything is sent.', 'keydesk-bridge')
			: __('The help server does not answer yet. It will be sent by itself.', 'keydesk-bridge');
		return Answer::good($text, array('left' => $left))->leadingTo('tickets');
	}

	/** @param array<string, mixed> $input */
	public function again(array $input, int $user, int $now): Answer
	{
		$outcome = $this->tickets->again((string) $input['item_id'], $user, $now);
		if ($outcome->isDone()) {
			return Answer::good(__('Everything is sent.', 'keydesk-bridge'))->leadingTo('tickets');
		}
		return $outcome->isRefused()
			? Answers::failed($this->words, $outcome)->leadingTo('tickets')
			: Answers::queued(array());
	}

	/** @param array<string, mixed> $input */
	public function drop(array $input, int $user, int $now): Answer
	{
		unset($now);
		if (!$this->tickets->drop((string) $input['item_id'], $user)) {
			return Answers::failed($this->words, Outcome::refused(404, array('code' => 'not_found')))->leadingTo('tickets');
		}
		return Answer::good(__('It will not be sent.', 'keydesk-bridge'))->leadingTo('tickets');
	}
}
