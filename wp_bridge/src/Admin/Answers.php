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

	/** After so many seconds a person's next try reaches the server again (see the breaker). */
	private const AGAIN = 60;

	/** Statuses of the server that say the same here; its 401 and 403 would be taken for the site's own. */
	private const SAME = array(404, 409, 410, 413, 422);

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
		return $outcome->isRefused()
			? self::refused($outcome, $words->problem($outcome->code()))
			: self::unreachable($words->unreachable());
	}

	/**
	 * What the server does not do, in a sentence to act upon. Never a 5xx: proxies put a page of their own in
	 * the place of such an answer.
	 *
	 * @param array<string, string> $errors by field
	 * @param array<string, mixed> $more
	 */
	public static function refused(Outcome $outcome, string $text, array $errors = array(), array $more = array()): Answer
	{
		$status = in_array($outcome->status(), self::SAME, true) ? $outcome->status() : 409;
		$more += array('server_code' => $outcome->code());
		return Answer::bad($status, 'keydesk_server_said', $text, $errors, $more);
	}

	/** @param array<string, string> $errors by field */
	public static function unreachable(string $text, array $errors = array()): Answer
	{
		return Answer::bad(503, 'keydesk_unreachable', $text, $errors, array('retry_after' => self::AGAIN));
	}
}
