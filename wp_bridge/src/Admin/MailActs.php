<?php

/**
 * The acts of "Send me a link": ask for the mail, look whether its page was pressed, use another address.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\License\KeyMail;

final class MailActs
{
	private KeyMail $mail;

	private LicenseAnswers $answers;

	public function __construct(KeyMail $mail, LicenseAnswers $answers)
	{
		$this->mail = $mail;
		$this->answers = $answers;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$email = Action::schema(array('email' => array('type' => 'string', 'max' => 254, 'required' => true)));
		$none = Action::schema(array());
		$send = array('group' => 'send', 'tab' => 'license');
		$read = array('group' => 'read', 'tab' => 'license');
		$dispatcher->add(new Action('mail_ask', $capability, $email, array($this, 'ask'), $send));
		$dispatcher->add(new Action('mail_look', $capability, $none, array($this, 'look'), $read));
		$dispatcher->add(new Action('mail_drop', $capability, $none, array($this, 'drop'), $read));
	}

	/** @param array<string, mixed> $input */
	public function ask(array $input, int $user, int $now): Answer
	{
		if (!is_email($input['email'])) {
			$text = __('Please enter a complete e-mail address.', 'keydesk-bridge');
			return Answer::bad(422, 'keydesk_invalid', $text, array('email' => $text))->leadingTo('license');
		}
		$outcome = $this->mail->ask((string) $input['email'], $user, $now);
		return $outcome->isDone()
			? Answer::good('', array(), 202)->leadingTo('license')
			: $this->answers->failed($outcome, 'email');
	}

	/**
	 * The script asks again and again while the screen is open; without a script, a button does.
	 *
	 * @param array<string, mixed> $input
	 */
	public function look(array $input, int $user, int $now): Answer
	{
		unset($input);
		$outcome = $this->mail->look($user, $now);
		if ($outcome->isDone() && $outcome->text('state') === 'pending') {
			$text = __('Not confirmed yet. Open the link in the mail and press the button on its page.', 'keydesk-bridge');
			return Answer::good($text, array('waits' => true))->leadingTo('license');
		}
		if ($outcome->isDone()) {
			return $this->answers->active();
		}
		$answer = $this->answers->failed($outcome, '');
		return $outcome->isRefused() ? $answer->anew() : $answer; // nothing is waited for any more
	}

	/** @param array<string, mixed> $input */
	public function drop(array $input, int $user, int $now): Answer
	{
		unset($input, $user, $now);
		$this->mail->forget();
		return Answer::good('')->leadingTo('license');
	}
}
