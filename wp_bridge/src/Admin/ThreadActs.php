<?php

/**
 * The acts around a conversation: list, read, answer, close, open a file.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Support\Tickets;

final class ThreadActs
{
	private const ID = '/^[a-z]{2,4}_[0-9a-z]{1,40}$/D';

	private Tickets $tickets;

	private Drafts $drafts;

	private Words $words;

	/** @var callable(string, array<string, mixed>): string */
	private $render;

	private string $server;

	/** @param callable(string, array<string, mixed>): string $render a template as text */
	public function __construct(Tickets $tickets, Drafts $drafts, Words $words, callable $render, string $server)
	{
		$this->tickets = $tickets;
		$this->drafts = $drafts;
		$this->words = $words;
		$this->render = $render;
		$this->server = $server;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$id = array('type' => 'string', 'max' => 60, 'required' => true, 'pattern' => self::ID);
		$status = array('type' => 'string', 'required' => true, 'enum' => array('closed', 'open'));
		$seen = array('type' => 'string', 'max' => 64);
		$read = array('group' => 'read');
		$acts = array(
			array('tickets', array(), $read),
			array('ticket', array('ticket_id' => $id, 'seen' => $seen), $read),
			array('reply', $this->message($id), array('group' => 'send', 'files' => 'files', 'tab' => 'tickets')),
			array('set_status', array('ticket_id' => $id, 'status' => $status), array()),
			array('attachment', array('attachment_id' => $id), $read),
		);
		foreach ($acts as $act) {
			$handler = array($this, lcfirst(str_replace('_', '', ucwords($act[0], '_'))));
			$dispatcher->add(new Action($act[0], $capability, Action::schema($act[1]), $handler, $act[2]));
		}
	}

	/** @param array<string, mixed> $input */
	public function tickets(array $input, int $user, int $now): Answer
	{
		unset($input, $now);
		$outcome = $this->tickets->refreshList();
		if (!$outcome->isDone()) {
			return Answers::failed($this->words, $outcome)->leadingTo('tickets');
		}
		$view = array('tickets' => $this->tickets->digests()->visibleTo($user), 'words' => $this->words);
		return Answer::good('', array('html' => ($this->render)('rows', $view), 'count' => count($view['tickets'])))
			->leadingTo('tickets');
	}

	/** @param array<string, mixed> $input */
	public function ticket(array $input, int $user, int $now): Answer
	{
		unset($now);
		$id = (string) $input['ticket_id'];
		$outcome = $this->tickets->thread($id, $user);
		if (!$outcome->isDone()) {
			return Answers::failed($this->words, $outcome)->leadingTo('ticket', array('ticket' => $id));
		}
		$seen = hash('sha256', (string) wp_json_encode($outcome->data()));
		$data = array('seen' => $seen);
		if ($seen !== $input['seen']) {
			$view = array('thread' => $outcome->data(), 'mine' => $this->tickets->digests()->isBy($outcome->data(), $user));
			$data['html'] = ($this->render)('messages', $view + array('words' => $this->words));
			$data['status'] = $this->words->status($outcome->text('status'));
			$data['open'] = !in_array($outcome->text('status'), array('solved', 'closed'), true);
		}
		return Answer::good('', $data)->leadingTo('ticket', array('ticket' => $id));
	}

	/** @param array<string, mixed> $input */
	public function reply(array $input, int $user, int $now): Answer
	{
		$id = (string) $input['ticket_id'];
		$files = $this->drafts->files($input['files'], $input['file_ids'], $user);
		if (is_string($files)) {
			return Answers::invalid($this->words, 'files', $files)->leadingTo('ticket', array('ticket' => $id));
		}
		if ($this->tickets->kept($id, $user) === null) {
			return Answers::failed($this->words, Outcome::refused(404, array('code' => 'not_found')))->leadingTo('tickets');
		}
		$message = Answers::author($input);
		unset($message['locale']);
		$outcome = $this->tickets->answer($id, $message + array('body' => $input['body']), $files, $user, $now);
		if ($outcome->isRefused()) {
			return Answers::failed($this->words, $outcome)->leadingTo('ticket', array('ticket' => $id));
		}
		if (!$outcome->isDone()) {
			return Answers::queued(array('ticket' => $id));
		}
		$this->tickets->thread($id, $user);
		return Answer::good(__('Your answer was sent.', 'keydesk-bridge'))->leadingTo('ticket', array('ticket' => $id));
	}

	/** @param array<string, mixed> $input */
	public function setStatus(array $input, int $user, int $now): Answer
	{
		unset($now);
		$place = array('ticket' => (string) $input['ticket_id']);
		$outcome = $this->tickets->setStatus((string) $input['ticket_id'], (string) $input['status'], $user);
		if (!$outcome->isDone()) {
			return Answers::failed($this->words, $outcome)->leadingTo('ticket', $place);
		}
		$closed = $input['status'] === 'closed';
		$text = $closed ? __('The ticket is closed.', 'keydesk-bridge') : __('The ticket is open again.', 'keydesk-bridge');
		return Answer::good($text)->leadingTo('ticket', $place);
	}

	/** A short link to the server that this copy was built for, and to no other place. */
	public function attachment(array $input, int $user, int $now): Answer
	{
		unset($user, $now);
		$outcome = $this->tickets->attachmentLink((string) $input['attachment_id']);
		$url = $outcome->text('url');
		if (!$outcome->isDone() || strpos($url, $this->server . '/') !== 0) {
			return Answers::failed($this->words, $outcome)->leadingTo('tickets');
		}
		return Answer::good('', array('away' => $url));
	}

	/**
	 * @param array<string, mixed> $id
	 * @return array<string, mixed>
	 */
	private function message(array $id): array
	{
		return array(
			'ticket_id' => $id,
			'body' => array('type' => 'string', 'max' => Answers::TEXT, 'required' => true),
			'file_ids' => array('type' => 'list'),
		);
	}
}
