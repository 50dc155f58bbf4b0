<?php

/**
 * The acts of the license screen: activate, check again, release, take along to another site.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\License\Licensing;
use Keydesk\Bridge\License\Moving;
use Keydesk\Bridge\Support\Digests;

final class LicenseActs
{
	private Licensing $licensing;

	private Moving $moving;

	private Digests $digests;

	private LicenseAnswers $answers;

	public function __construct(Licensing $licensing, Moving $moving, Digests $digests, LicenseAnswers $answers)
	{
		$this->licensing = $licensing;
		$this->moving = $moving;
		$this->digests = $digests;
		$this->answers = $answers;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$key = array('license_key' => array('type' => 'string', 'max' => 200, 'required' => true));
		$send = array('group' => 'send', 'tab' => 'license');
		$none = Action::schema(array());
		$dispatcher->add(new Action('activate', $capability, Action::schema($key), array($this, 'activate'), $send));
		$dispatcher->add(new Action('refresh', $capability, $none, array($this, 'refresh'), $send));
		$dispatcher->add(new Action('release', $capability, $none, array($this, 'release'), $send));
		$dispatcher->add(new Action('transfer', $capability, $none, array($this, 'transfer'), $send));
	}

	/** @param array<string, mixed> $input */
	public function activate(array $input, int $user, int $now): Answer
	{
		$outcome = $this->licensing->activate((string) $input['license_key'], $user, $now);
		return $outcome->isDone() ? $this->answers->active() : $this->answers->failed($outcome, 'license_key');
	}

	/** @param array<string, mixed> $input */
	public function refresh(array $input, int $user, int $now): Answer
	{
		unset($input, $user);
		$wait = $this->licensing->wait($now);
		if ($wait > 0) {
			return $this->answers->later($wait);
		}
		$outcome = $this->licensing->checkIn($now);
		if (!$outcome->isDone()) {
			return $this->answers->failed($outcome, '');
		}
		$this->digests->absorb((array) ($outcome->list('replies')['items'] ?? array()));
		$asks = Licensing::saysMoved($outcome);
		return Answer::good($asks ? '' : __('Checked just now.', 'keydesk-bridge'))->leadingTo('license');
	}

	/** @param array<string, mixed> $input */
	public function release(array $input, int $user, int $now): Answer
	{
		unset($input);
		$outcome = $this->licensing->release($user, $now);
		if (!$outcome->isDone()) {
			return $this->answers->failed($outcome, '');
		}
		return Answer::good(__('This site is released. Its place is free for another one.', 'keydesk-bridge'))
			->leadingTo('license');
	}

	/** @param array<string, mixed> $input */
	public function transfer(array $input, int $user, int $now): Answer
	{
		unset($input, $user);
		$outcome = $this->moving->transfer($now);
		if (!$outcome->isDone()) {
			return $this->answers->failed($outcome, '');
		}
		return $this->answers->code($outcome->text('transfer_code'));
	}
}
