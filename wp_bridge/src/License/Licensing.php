<?php

/**
 * What a person or the tick can do with the license of this site: activate, ask, release.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\LicenseKey;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Consent;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;

final class Licensing
{
	/** Seconds between two checks that a person asks for. */
	public const PATIENCE = 60;

	private Store $store;

	private Identity $identity;

	private Api $api;

	private Seat $seat;

	private Leases $leases;

	private Trust $trust;

	private Queue $queue;

	private string $bridge;

	/** @param array<string, object> $parts store, identity, api, seat, leases, trust, queue */
	public function __construct(array $parts, string $bridgeVersion)
	{
		$this->store = $parts['store'];
		$this->identity = $parts['identity'];
		$this->api = $parts['api'];
		$this->seat = $parts['seat'];
		$this->leases = $parts['leases'];
		$this->trust = $parts['trust'];
		$this->queue = $parts['queue'];
		$this->bridge = $bridgeVersion;
	}

	/**
	 * @param string $typed a license key, or the one-use code of a mail's page or of another site (kdx_)
	 * @param string $uid the number that a copied database asks under; '' when it needs none
	 */
	public function activate(string $typed, int $user, int $now, string $uid = ''): Outcome
	{
		$typed = trim($typed);
		$isCode = preg_match('/^kdx_[0-9A-Za-z]{48}$/D', $typed) === 1;
		$secret = $isCode ? $typed : LicenseKey::accept($typed);
		if ($secret === null) {
			return Outcome::refused(422, array('code' => 'key_malformed'));
		}
		(new Consent($this->store))->give('license', $user, $now);
		if ($uid === '' && $this->identity->isElsewhere()) {
			$uid = Identity::fresh();
		}
		$facts = array($isCode ? 'transfer_code' : 'license_key' => $secret)
			+ ($uid === '' ? array() : array('site_uid' => $uid)) + $this->seat->beginning();
		$outcome = $this->api->activate($facts, wp_generate_uuid4(), $this->trust->replyTime($now));
		return $this->seat->settle($outcome, $isCode ? '' : $secret, $uid, $now);
	}

	/** Seconds until a person may ask again, 0 for now; counts the asking. */
	public function wait(int $now): int
	{
		$since = $now - (int) ($this->store->read('lease')['asked'] ?? 0);
		if ($since >= 0 && $since < self::PATIENCE) {
			return self::PATIENCE - $since;
		}
		$this->store->merge('lease', array('asked' => $now));
		return 0;
	}

	/** The one daily call, and the button "Check again". */
	public function checkIn(int $now): Outcome
	{
		$token = $this->seat->token();
		if ($token === '') {
			return Outcome::refused(409, array('code' => 'not_connected'));
		}
		if ($this->identity->isElsewhere()) {
			return Outcome::refused(409, array('code' => 'site_changed'));
		}
		$facts = $this->seat->facts() + $this->seat->size() + array(
			'bridge_version' => $this->bridge,
			'edition' => 'premium',
			'lease_seq' => $this->store->read('lease')['seq'] ?? null,
			'revocations_serial' => $this->trust->list()['serial'],
			'consents' => array('support' => (new Consent($this->store))->covers('support'), 'usage' => false),
		);
		$outcome = $this->api->checkIn($token, $facts, $this->trust->replyTime($now));
		$this->planNext($outcome, $now);
		if ($outcome->isRefused() && in_array($outcome->code(), Seat::ENDED, true)) {
			$this->tokenEnded($outcome, $now);
		}
		if ($outcome->isDone()) {
			$this->believe($outcome, $now);
		}
		$this->seat->note($outcome, $now);
		return $outcome;
	}

	/**
	 * Frees the seat. The site forgets at once; the call is queued and repeated until it is heard. At another
	 * address it says first what happened: the seat may be that of a site which goes on at the old one.
	 */
	public function release(int $user, int $now): Outcome
	{
		if ($this->identity->isElsewhere() && $this->seat->token() !== '') {
			return Outcome::refused(409, array('code' => 'site_changed'));
		}
		$credentials = $this->seat->credentials();
		$this->seat->forget();
		if (isset($credentials['token'], $credentials['activation'])) {
			unset($credentials['key']);
			$item = $this->queue->add('release', $credentials, array(), $user, $now);
			if ($item !== null) {
				$this->queue->deliver($item, $this->releaser($now), $now);
			}
		}
		return Outcome::done(200, array());
	}

	/** @return callable(array<string, mixed>): Outcome sends a queued release */
	public function releaser(int $now): callable
	{
		return function (array $item) use ($now): Outcome {
			$body = $item['body'];
			$known = $this->trust->replyTime($now);
			$outcome = $this->api->deactivate($body['token'], $body['activation'], $item['id'], $known);
			$over = $outcome->isRefused() || $now - $item['created'] > 7 * 86400;
			return $over ? Outcome::done(200, array()) : $outcome;
		};
	}

	/** A signed answer: keys, clock, list, license and lease may follow it. */
	private function believe(Outcome $outcome, int $now): void
	{
		$license = $outcome->list('license');
		$this->trust->setClock((int) $outcome->text('signed_at'), $now);
		$this->trust->learn($outcome->list('signing_keys'));
		$this->store->merge('lease', array('license' => $license === array() ? null : $license));
		if ($outcome->text('revocations') !== '') {
			$this->trust->absorb($outcome->text('revocations'));
		}
		$hasMoved = self::saysMoved($outcome);
		$this->store->merge('state', array('moved' => $hasMoved ? 'told' : null));
		$this->store->merge('lease', array('told' => $hasMoved ? ($outcome->list('site')['site_key'] ?? null) : null));
		if (!$hasMoved) {
			$this->follow((string) ($license['status'] ?? ''), $outcome->text('lease'), $now);
		}
		$this->store->merge('net', array('refused_on' => null));
	}

	/** Whether the server knows the place of this site at another address. */
	public static function saysMoved(Outcome $outcome): bool
	{
		return ($outcome->list('site')['status'] ?? 'ok') === 'changed';
	}

	private function follow(string $status, string $lease, int $now): void
	{
		if ($status === 'revoked' || $status === 'suspended') {
			$this->leases->withdraw($status);
		} elseif ($lease !== '') {
			$activation = (string) ($this->seat->credentials()['activation'] ?? '');
			$this->leases->accept($lease, $activation, $this->identity->siteKey(), $now);
		}
		$this->leases->recheck($now);
	}

	/** Believed at once when signed; unsigned only after three different days (protocols.md 4.6). */
	private function tokenEnded(Outcome $outcome, int $now): void
	{
		$days = $this->store->read('net')['refused_on'] ?? array();
		$days[] = gmdate('Y-m-d', $now);
		$days = array_values(array_unique($days));
		$this->store->merge('net', array('refused_on' => array_slice($days, -3)));
		if (($outcome->data()['signed'] ?? false) === true || count($days) >= 3) {
			$this->seat->forget();
		}
	}

	private function planNext(Outcome $outcome, int $now): void
	{
		$wait = $outcome->isDone() ? (int) $outcome->text('next_check_in_s') : 3600;
		$this->store->merge('state', array('check' => $now + max(3600, min(172800, $wait))));
	}
}
