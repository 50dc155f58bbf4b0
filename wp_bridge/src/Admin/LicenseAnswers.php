<?php

/**
 * How the end of a license act is told, with its next step.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;

final class LicenseAnswers
{
	/** Codes that mean something else around tickets: the general sentence is the true one here. */
	private const OF_TICKETS = array('not_found', 'state_conflict');

	/** Refusals after which the screen has another form. */
	private const ANEW = array('token_revoked', 'credentials_invalid', 'not_connected', 'site_changed');

	private const STOPPED = array('license_revoked' => 'revoked', 'license_suspended' => 'suspended');

	private const RENEW = array('license_expired', 'version_not_allowed');

	private const MAKE_ROOM = array('seat_limit_reached', 'dev_limit_reached');

	private Words $words;

	private LicenseWords $license;

	private Html $html;

	public function __construct(Words $words, LicenseWords $license, Html $html)
	{
		$this->words = $words;
		$this->license = $license;
		$this->html = $html;
	}

	public function active(): Answer
	{
		return Answer::good(__('The license is active on this site.', 'keydesk-bridge'))->leadingTo('license');
	}

	/** A code that is shown once. */
	public function code(string $code): Answer
	{
		return Answer::good(LicenseWords::code(), array('code_once' => $code), 201)->leadingTo('license');
	}

	public function later(int $seconds): Answer
	{
		$text = sprintf(
			/* translators: %s: number of seconds */
			_n('You can check again in %s second.', 'You can check again in %s seconds.', $seconds, 'keydesk-bridge'),
			number_format_i18n($seconds)
		);
		$more = array('retry_after' => $seconds);
		return Answer::bad(429, 'keydesk_slow_down', $text, array(), $more)->leadingTo('license');
	}

	/** @param string $field the field beside which it stands, '' for none */
	public function failed(Outcome $outcome, string $field): Answer
	{
		if (!$outcome->isRefused()) {
			$text = $this->words->unreachable();
			return Answers::unreachable($text, $this->at($field, $text))->leadingTo('license');
		}
		$text = $this->sentence($outcome);
		$answer = Answers::refused($outcome, $text, $this->at($field, $text), $this->more($outcome))->leadingTo('license');
		return in_array($outcome->code(), self::ANEW, true) ? $answer->anew() : $answer;
	}

	private function sentence(Outcome $outcome): string
	{
		$code = $outcome->code();
		$stopped = isset(self::STOPPED[$code]) ? $this->license->stopped(self::STOPPED[$code], $outcome->data()) : '';
		if ($stopped !== '') {
			return $stopped . ' ' . __('Ask us if you think that is wrong.', 'keydesk-bridge');
		}
		$text = in_array($code, self::OF_TICKETS, true) ? $this->words->unknown($code) : $this->words->problem($code);
		$hosts = $this->occupied($outcome);
		if ($hosts !== '') {
			/* translators: %s: list of web site names, partly hidden */
			$text .= ' ' . sprintf(__('It is active on: %s.', 'keydesk-bridge'), $hosts);
		}
		return $text;
	}

	/**
	 * A link to the customer's page where the sentence sends there, if the server itself named the page. A site
	 * that has moved gets the question without a word before it.
	 *
	 * @return array<string, mixed>
	 */
	private function more(Outcome $outcome): array
	{
		$page = ($outcome->data()['signed'] ?? false) === true ? $outcome->text('manage_url') : '';
		$url = esc_url_raw($page, array('https', 'http'));
		$texts = array_fill_keys(self::RENEW, $this->license->renew());
		$texts += array_fill_keys(self::MAKE_ROOM, $this->license->makeRoom());
		$text = $texts[$outcome->code()] ?? '';
		return ($url === '' || $text === '' ? array() : array('link' => array('url' => $url, 'text' => $text)))
			+ ($outcome->code() === 'site_changed' ? array('notice' => '') : array());
	}

	/** @return array<string, string> */
	private function at(string $field, string $text): array
	{
		return $field === '' ? array() : array($field => $text);
	}

	private function occupied(Outcome $outcome): string
	{
		$hosts = array();
		foreach (array_slice($outcome->list('occupied'), 0, 20) as $seat) {
			if (is_array($seat) && is_string($seat['site_hint'] ?? null)) {
				$seen = is_string($seat['last_seen'] ?? null) ? (int) strtotime($seat['last_seen']) : 0;
				$day = $seen > 0 ? ' (' . $this->html->day($seen) . ')' : '';
				$hosts[] = $seat['site_hint'] . $day;
			}
		}
		return implode(', ', $hosts);
	}
}
