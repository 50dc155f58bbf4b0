<?php

/**
 * What the acts of the help screens have in common: the author, and how an end is told.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;

final class Answers
{
	/** Characters of one message; what is longer goes as a text file. */
	public const TEXT = 10000;

	/**
	 * @param array<string, mixed> $input
	 * @return array<string, string>
	 */
	public static function author(array $input): array
	{
		$person = wp_get_current_user();
		$email = is_email((string) ($input['email'] ?? '')) ? $input['email'] : $person->user_email;
		$name = ($input['name'] ?? '') !== '' ? $input['name'] : $person->display_name;
		return array('email' => $email, 'name' => mb_substr($name, 0, 100), 'locale' => get_user_locale());
	}

	/** @param array<string, string> $place */
	public static function queued(array $place): Answer
	{
		$text = __('Saved. The help server does not answer right now; it will be sent by itself.', 'keydesk-bridge');
		$answer = Answer::good($text, array('state' => 'queued'), 202);
		return $place === array() ? $answer->leadingTo('tickets') : $answer->leadingTo('ticket', $place);
	}

	public static function invalid(Words $words, string $field, string $code): Answer
	{
		$text = $words->problem($code);
		return Answer::bad(422, 'keydesk_invalid', $text, array($field => $text));
	}

	public static function failed(Words $words, Outcome $outcome): Answer
	{
		if ($outcome->code() === 'no_consent') {
			return Answer::bad(403, 'keydesk_no_consent', $words->problem('no_consent'));
		}
		if (!$outcome->isRefused()) {
			return Answer::bad(503, 'keydesk_unreachable', $words->unreachable());
		}
		$more = array('server_code' => $outcome->code());
		return Answer::bad(502, 'keydesk_server_said', $words->problem($outcome->code()), array(), $more);
	}
}
