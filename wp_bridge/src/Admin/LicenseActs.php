<?php

/**
 * The acts of the license screen: activate, check again, release.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\License\Licensing;
use Keydesk\Bridge\Support\Digests;

final class LicenseActs
{
	private Licensing $licensing;

	private Digests $digests;

	private Words $words;

	public function __construct(Licensing $licensing, Digests $digests, Words $words)
	{
		$this->licensing = $licensing;
		$this->digests = $digests;
		$this->words = $words;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$key = array('license_key' => array('type' => 'string', 'max' => 200, 'required' => true));
		$send = array('group' => 'send', 'tab' => 'license');
		$none = Action::schema(array());
		$dispatcher->add(new Action('activate', $capability, Action::schema($key), array($this, 'activate'), $send));
		$dispatcher->add(new Action('refresh', $capability, $none, array($this, 'refresh'), $send));
		$dispatcher->add(new Action('release', $capability, $none, array($this, 'release'), $send));
	}

	/** @param array<string, mixed> $input */
	public function activate(array $input, int $user, int $now): Answer
	{
		$outcome = $this->licensing->activate((string) $input['license_key'], $user, $now);
		if ($outcome->isDone()) {
			return Answer::good(__('The license is active on this site.', 'keydesk-bridge'))->leadingTo('license');
		}
		return $this->failed($outcome);
	}

	/** @param array<string, mixed> $input */
	public function refresh(array $input, int $user, int $now): Answer
	{
		unset($input, $user);
		$outcome = $this->licensing->checkIn($now);
		if (!$outcome->isDone()) {
			return $this->failed($outcome);
		}
		$this->digests->absorb((array) ($outcome->list('replies')['items'] ?? array()));
		return Answer::good(__('Checked just now.', 'keydesk-bridge'))->leadingTo('license');
	}

	/** @param array<string, mixed> $input */
	public function release(array $input, int $user, int $now): Answer
	{
		unset($input);
		$this->licensing->release($user, $now);
		return Answer::good(__('This site is released. Its place is free for another one.', 'keydesk-bridge'))
			->leadingTo('license');
	}

	private function failed(Outcome $outcome): Answer
	{
		if (!$outcome->isRefused()) {
			$text = $this->words->unreachable();
			return Answer::bad(503, 'keydesk_unreachable', $text, array('license_key' => $text))->leadingTo('license');
		}
		$text = $this->words->problem($outcome->code());
		$hosts = $this->occupied($outcome);
		if ($hosts !== '') {
			/* translators: %s: list of web site names, partly hidden */
			$text .= ' ' . sprintf(__('It is active on: %s.', 'keydesk-bridge'), $hosts);
		}
		$more = array('server_code' => $outcome->code());
		return Answer::bad(502, 'keydesk_server_said', $text, array('license_key' => $text), $more)->leadingTo('license');
	}

	private function occupied(Outcome $outcome): string
	{
		$hosts = array();
		foreach ($outcome->list('occupied') as $seat) {
			if (is_array($seat) && is_string($seat['site_hint'] ?? null)) {
				$hosts[] = $seat['site_hint'];
			}
		}
		return implode(', ', array_slice($hosts, 0, 20));
	}
}
