<?php

/**
 * "Send me my key": a mail to the buyer's address whose page gives this site a free place (protocols.md 3.6).
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Consent;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Store;

final class KeyMail
{
	private const LIFE = 1800;

	private Store $store;

	private Identity $identity;

	private Api $api;

	private Licensing $licensing;

	public function __construct(Store $store, Identity $identity, Api $api, Licensing $licensing)
	{
		$this->store = $store;
		$this->identity = $identity;
		$this->api = $api;
		$this->licensing = $licensing;
	}

	/** Always the same answer, whether or not the address is known. */
	public function ask(string $email, int $user, int $now): Outcome
	{
		(new Consent($this->store))->give('license', $user, $now);
		$uid = $this->identity->isElsewhere() ? Identity::fresh() : $this->identity->uid();
		$facts = array('email' => $email, 'site_url' => $this->identity->url(), 'site_uid' => $uid);
		$outcome = $this->api->askByMail($facts, wp_generate_uuid4());
		if ($outcome->isDone()) {
			$this->store->merge('credentials', array('link' => array(
				'id' => $outcome->text('activation_link_id'),
				'secret' => $outcome->text('poll_secret'),
				'email' => $email,
				'uid' => $uid, // the code will be good for this one only
				'until' => $now + self::LIFE,
			)));
		}
		return $outcome;
	}

	/** @return string the address to which a mail went whose page may still be pressed, '' when there is none */
	public function waitsFor(int $now): string
	{
		$link = $this->store->read('credentials')['link'] ?? array();
		return ($link['until'] ?? 0) > $now ? (string) $link['email'] : '';
	}

	/** Whether the page of the mail was pressed; if so, the license is activated here. Done with state pending: not yet. */
	public function look(int $user, int $now): Outcome
	{
		$link = $this->store->read('credentials')['link'] ?? array();
		if (($link['until'] ?? 0) <= $now) {
			return $this->end(Outcome::refused(410, array('code' => 'mail_link_expired')));
		}
		if (!isset($link['code'])) {
			$outcome = $this->api->answerByMail((string) $link['id'], (string) $link['secret']);
			if ($outcome->text('transfer_code') === '') {
				return $this->pending($outcome);
			}
			$link['code'] = $outcome->text('transfer_code'); // it is told only once
			$this->store->merge('credentials', array('link' => $link));
		}
		$done = $this->licensing->activate($link['code'], $user, $now, $link['uid']);
		return $done->isRefused() ? $this->end($done) : $done;
	}

	private function pending(Outcome $outcome): Outcome
	{
		if ($outcome->isDone() && $outcome->text('state') === 'expired') {
			return $this->end(Outcome::refused(410, array('code' => 'mail_link_expired')));
		}
		$code = $outcome->code() === 'not_found' ? 'mail_link_expired' : $outcome->code(); // the server keeps none for long
		return $outcome->isRefused() ? $this->end(Outcome::refused($outcome->status(), array('code' => $code))) : $outcome;
	}

	private function end(Outcome $outcome): Outcome
	{
		$this->forget();
		return $outcome;
	}

	public function forget(): void
	{
		$this->store->merge('credentials', array('link' => null));
	}
}
