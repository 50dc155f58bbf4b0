<?php

/**
 * The acts of the form: show what is sent along, take a file, send.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Support\Tickets;

final class AskActs
{
	private const PAGE = '/^[a-z0-9_.-]{1,120}$/D';

	private Tickets $tickets;

	private Drafts $drafts;

	private Words $words;

	/** @var callable(string, array<string, mixed>): string */
	private $render;

	private string $pluginVersion;

	/** @param callable(string, array<string, mixed>): string $render a template as text */
	public function __construct(Tickets $tickets, Drafts $drafts, Words $words, callable $render, string $pluginVersion)
	{
		$this->tickets = $tickets;
		$this->drafts = $drafts;
		$this->words = $words;
		$this->render = $render;
		$this->pluginVersion = $pluginVersion;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$send = array('group' => 'send', 'files' => 'files', 'tab' => 'contact');
		$acts = array(
			array('preview', $this->form(), array()),
			array('attach', array(), array('files' => 'files', 'tab' => 'contact')),
			array('send', $this->form(), $send),
		);
		foreach ($acts as $act) {
			$dispatcher->add(new Action($act[0], $capability, Action::schema($act[1]), array($this, $act[0]), $act[2]));
		}
	}

	/** @param array<string, mixed> $input */
	public function preview(array $input, int $user, int $now): Answer
	{
		unset($now);
		$shown = $this->drafts->preview($user, (string) $input['from']);
		if ($input['body'] . $input['subject'] !== '') {
			$this->drafts->keep($user, $input);
		}
		$html = ($this->render)('diagnostics', $shown + array('titles' => $this->words->sections()));
		return Answer::good('', array('html' => $html))
			->leadingTo('contact', array('preview' => $shown['id'], 'from' => (string) $input['from']));
	}

	/** @param array<string, mixed> $input */
	public function attach(array $input, int $user, int $now): Answer
	{
		unset($now);
		$files = $this->drafts->files($input['files'], array(), $user);
		if (!is_array($files) || count($files) !== 1) {
			$code = is_string($files) ? $files : 'attachment_count';
			$text = $this->words->problem($code);
			return Answer::bad(422, 'keydesk_invalid', $text, array('files' => $text));
		}
		return Answer::good('', array('id' => $files[0]['id']));
	}

	/** @param array<string, mixed> $input */
	public function send(array $input, int $user, int $now): Answer
	{
		if ($input['show']) {
			return $this->preview($input, $user, $now);
		}
		$back = array('from' => (string) $input['from'], 'preview' => (string) $input['preview']);
		$missing = $this->missing($input);
		if ($missing !== array()) {
			$this->drafts->keep($user, $input);
			$text = $this->words->problem('keydesk_invalid');
			return Answer::bad(422, 'keydesk_invalid', $text, $missing)->leadingTo('contact', $back);
		}
		return $this->sendWhole($input, $back, $user, $now);
	}

	/**
	 * @param array<string, mixed> $input
	 * @param array<string, string> $back
	 */
	private function sendWhole(array $input, array $back, int $user, int $now): Answer
	{
		$files = $this->drafts->files($input['files'], $input['file_ids'], $user);
		$facts = $this->drafts->chosen((string) $input['preview'], $input['sections'], $user);
		if (is_string($files) || is_string($facts)) {
			$this->drafts->keep($user, $input);
			$code = is_string($files) ? $files : (string) $facts;
			$field = is_string($files) ? 'files' : 'sections';
			return Answers::invalid($this->words, $field, $code)->leadingTo('contact', $back);
		}
		$this->drafts->consent($user, $now);
		$ticket = Answers::author($input) + array(
			'type' => $input['type'] === '' ? 'other' : $input['type'],
			'subject' => $input['subject'],
			'body' => $input['body'],
			'plugin_version' => $this->pluginVersion,
			'shared' => $input['shared'],
		);
		if ($input['from'] !== '') {
			$ticket['screen_id'] = $input['from'];
		}
		$outcome = $this->tickets->open($ticket, $files, $facts, $user, $now);
		if ($outcome->isRefused()) {
			$this->drafts->keep($user, $input);
			return Answers::failed($this->words, $outcome)->leadingTo('contact', $back);
		}
		$this->drafts->clear($user);
		return $this->afterOpening($outcome);
	}

	/**
	 * @param array<string, mixed> $input
	 * @return array<string, string>
	 */
	private function missing(array $input): array
	{
		$missing = array();
		foreach (array('subject', 'body') as $field) {
			if ($input[$field] === '') {
				$missing[$field] = $this->words->field('required');
			}
		}
		if ($input['email'] !== '' && !is_email($input['email'])) {
			$missing['email'] = __('Please enter a complete e-mail address.', 'keydesk-bridge');
		}
		return $missing;
	}

	/** @return array<string, mixed> */
	private function form(): array
	{
		return array(
			'type' => array('type' => 'string', 'enum' => array_keys($this->words->types())),
			'subject' => array('type' => 'string', 'max' => 200),
			'body' => array('type' => 'string', 'max' => Answers::TEXT),
			'email' => array('type' => 'string', 'max' => 254),
			'name' => array('type' => 'string', 'max' => 100),
			'shared' => array('type' => 'boolean'),
			'show' => array('type' => 'boolean'),
			'preview' => array('type' => 'string', 'max' => 64),
			'sections' => array('type' => 'list', 'enum' => array_keys($this->words->sections())),
			'file_ids' => array('type' => 'list'),
			'from' => array('type' => 'string', 'max' => 120, 'pattern' => self::PAGE),
		);
	}

	private function afterOpening(Outcome $outcome): Answer
	{
		if (!$outcome->isDone()) {
			return Answers::queued(array());
		}
		$text = sprintf(
			/* translators: %s: number of the ticket */
			__('Sent. Your ticket has the number %s.', 'keydesk-bridge'),
			$outcome->text('number')
		);
		$id = $outcome->text('ticket_id');
		return Answer::good($text, array('ticket_id' => $id), 201)->leadingTo('ticket', array('ticket' => $id));
	}
}
