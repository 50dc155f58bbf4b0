<?php

/**
 * How the end of a license act is told, with its next step.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;

final class LicenseAnswers
{
	private Words $words;

	private Html $html;

	public function __construct(Words $words, Html $html)
	{
		$this->words = $words;
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
		return Answer::bad(429, 'keydesk_slow_down', $text)->leadingTo('license');
	}

	/** @param string $field the field beside which it stands, '' for none */
	public function failed(Outcome $outcome, string $field): Answer
	{
		if (!$outcome->isRefused()) {
			$text = $this->words->unreachable();
			return Answer::bad(503, 'keydesk_unreachable', $text, $this->at($field, $text))->leadingTo('license');
		}
		$text = $this->words->problem($outcome->code());
		$since = (int) strtotime($outcome->text('since'));
		if ($since > 0) {
			/* translators: %s: a date */
			$text .= ' ' . sprintf(__('(Since %s.)', 'keydesk-bridge'), $this->html->day($since));
		}
		$hosts = $this->occupied($outcome);
		if ($hosts !== '') {
			/* translators: %s: list of web site names, partly hidden */
			$text .= ' ' . sprintf(__('It is active on: %s.', 'keydesk-bridge'), $hosts);
		}
		$more = array('server_code' => $outcome->code());
		return Answer::bad(502, 'keydesk_server_said', $text, $this->at($field, $text), $more)->leadingTo('license');
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
