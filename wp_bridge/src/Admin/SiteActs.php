<?php

/**
 * The act of the site that has a new address: its owner says what happened.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\License\Moving;

final class SiteActs
{
	private Moving $moving;

	private LicenseAnswers $answers;

	public function __construct(Moving $moving, LicenseAnswers $answers)
	{
		$this->moving = $moving;
		$this->answers = $answers;
	}

	public function addTo(Dispatcher $dispatcher, string $capability): void
	{
		$fields = array(
			'resolution' => array('type' => 'string', 'enum' => Moving::CHOICES, 'required' => true),
			'sure' => array('type' => 'boolean'),
		);
		$send = array('group' => 'send', 'tab' => 'license');
		$dispatcher->add(new Action('resolve', $capability, Action::schema($fields), array($this, 'resolve'), $send));
	}

	/** @param array<string, mixed> $input */
	public function resolve(array $input, int $user, int $now): Answer
	{
		unset($user);
		$outcome = $this->moving->resolve((string) $input['resolution'], $input['sure'] === true, $now);
		if ($outcome->isDone()) {
			return Answer::good(__('Done. The license is active at this address.', 'keydesk-bridge'))->leadingTo('license');
		}
		if ($outcome->code() === 'site_still_active') {
			$seen = (int) strtotime($outcome->text('last_seen'));
			return Answer::question(LicenseWords::inUse($seen, $now))->leadingTo('license', array('sure' => 'moved'));
		}
		return $this->answers->failed($outcome, '');
	}
}
