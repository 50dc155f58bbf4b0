<?php

/**
 * What a person or the tick can do with the license of this site.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\LicenseKey;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Consent;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;

final class Licensing
{
	private const ENDED = array('token_revoked', 'credentials_invalid');

	private Store $store;

	private Identity $identity;

	private Api $api;

	private Leases $leases;

	private Queue $queue;

	/** @var array<string, string> plugin, bridge: their versions */
	private array $versions;

	/** @param array<string, string> $versions */
	public function __construct(Store $store, Identity $identity, Api $api, Leases $leases, Queue $queue, array $versions)
	{
		$this->store = $store;
		$this->identity = $identity;
		$this->api = $api;
		$this->leases = $leases;
		$this->queue = $queue;
		$this->versions = $versions;
	}

	/** @param string $typed a license key, or the one-use code of the e-mail's page (kdx_) */
	public function activate(string $typed, int $user, int $now): Outcome
	{
		$typed = trim($typed);
		$isCode = preg_match('/^kdx_[0-9A-Za-z]{48}$/D', $typed) === 1;
		$secret = $isCode ? $typed : LicenseKey::accept($typed);
		if ($secret === null) {
			return Outcome::refused(422, array('code' => 'key_malformed'));
		}
		(new Consent($this->store))->give('license', $user, $now);
		if ($this->identity->isElsewhere()) {
			$this->identity->renew();
		}
		$facts = array($isCode ? 'transfer_code' : 'license_key' => $secret) + $this->facts()
			+ array('admin_url' => admin_url());
		$outcome = $this->api->activate($facts, wp_generate_uuid4(), $this->leases->now($now));
		return $outcome->isDone() ? $this->settle($outcome, $isCode ? '' : $secret, $now) : $outcome;
	}

	/** The one daily call, and the button "Check again". */
	public function checkIn(int $now): Outcome
	{
		$token = $this->token();
		if ($token === '') {
			return Outcome::refused(409, array('code' => 'not_connected'));
		}
		if ($this->identity->isElsewhere()) {
			return Outcome::refused(409, array('code' => 'site_changed'));
		}
		$facts = $this->facts() + array(
			'bridge_version' => $this->versions['bridge'],
			'edition' => 'premium',
			'lease_seq' => $this->store->read('lease')['seq'] ?? null,
			'consents' => array('support' => (new Consent($this->store))->covers('support'), 'usage' => false),
		);
		$outcome = $this->api->checkIn($token, $facts, $this->leases->now($now));
		$this->planNext($outcome, $now);
		if ($outcome->isRefused() && in_array($outcome->code(), self::ENDED, true)) {
			$this->tokenEnded($outcome, $now);
		}
		if ($outcome->isDone()) {
			$this->believe($outcome, $now);
		}
		$this->note($outcome, $now);
		return $outcome;
	}

	/** Frees the seat. The site forgets at once; the call is queued and repeated until it is heard. */
	public function release(int $user, int $now): void
	{
		$credentials = $this->store->read('credentials');
		$this->store->write('credentials', array());
		$this->store->merge('lease', array(
			'text' => null, 'seq' => null, 'iat' => null, 'activation' => null, 'license' => null, 'checks' => null,
		));
		$this->leases->withdraw('released');
		$this->store->merge('state', array('check' => null));
		if (isset($credentials['token'], $credentials['activation'])) {
			$item = $this->queue->add('release', $credentials, array(), $user, $now);
			if ($item !== null) {
				$this->queue->deliver($item, $this->releaser($now), $now);
			}
		}
	}

	/** @return callable(array<string, mixed>): Outcome sends a queued release */
	public function releaser(int $now): callable
	{
		return function (array $item) use ($now): Outcome {
			$body = $item['body'];
			$known = $this->leases->now($now);
			$outcome = $this->api->deactivate($body['token'], $body['activation'], $item['id'], $known);
			$over = $outcome->isRefused() || $now - $item['created'] > 7 * 86400;
			return $over ? Outcome::done(200, array()) : $outcome;
		};
	}

	/** A copy of the database at another address: stop, and say so on the own screen. */
	public function watchAddress(int $now): void
	{
		if ($this->token() === '') {
			return;
		}
		$isChanged = ($this->store->read('state')['license'] ?? '') === 'site_changed';
		if ($this->identity->hasMoved($now)) {
			$this->store->merge('state', array('license' => 'site_changed'));
		} elseif ($isChanged && !$this->identity->isElsewhere()) {
			$this->store->merge('state', array('license' => 'active', 'check' => $now)); // it came back: ask at once
		}
	}

	public function token(): string
	{
		return (string) ($this->store->read('credentials')['token'] ?? '');
	}

	/** @return array<string, mixed> the license as the server last described it, and the last checks */
	public function described(): array
	{
		$held = $this->store->read('lease');
		$license = is_array($held['license'] ?? null) ? $held['license'] : array();
		return array('license' => $license, 'checks' => $held['checks'] ?? array(), 'site' => $this->identity->siteKey());
	}

	/** @return array<string, string> */
	private function facts(): array
	{
		return array(
			'site_uid' => $this->identity->uid(),
			'site_url' => $this->identity->url(),
			'environment' => Environment::type(),
			'plugin_version' => substr($this->versions['plugin'], 0, 32),
			'wp_version' => substr((string) get_bloginfo('version'), 0, 32),
			'php_version' => substr(PHP_VERSION, 0, 32),
			'locale' => substr(get_user_locale(), 0, 32),
		);
	}

	private function settle(Outcome $outcome, string $key, int $now): Outcome
	{
		$activation = $outcome->text('activation_id');
		$site = $outcome->list('site');
		$this->leases->learn($outcome->list('signing_keys'));
		$siteKey = (string) ($site['site_key'] ?? '');
		$verdict = $this->leases->accept($outcome->text('lease'), $activation, $siteKey, $now);
		if (!in_array($verdict, array('valid', 'stale', 'lapsed'), true)) {
			return Outcome::unreachable('lease_' . $verdict);
		}
		$this->store->write('credentials', array_filter(array(
			'token' => $outcome->text('site_token'),
			'activation' => $activation,
			'key' => $key,
		)));
		$this->identity->settle($siteKey);
		$this->store->merge('lease', array('license' => $outcome->list('license')));
		$wait = (int) $outcome->text('check_in_after_s');
		$this->store->merge('state', array('check' => $now + max(3600, min(172800, $wait))));
		$this->note($outcome, $now);
		return $outcome;
	}

	/** A signed answer: license, lease and clock may follow it. */
	private function believe(Outcome $outcome, int $now): void
	{
		$license = $outcome->list('license');
		$status = (string) ($license['status'] ?? '');
		$this->leases->setClock((int) $outcome->text('server_time'), $now);
		$this->leases->learn($outcome->list('signing_keys'));
		$this->store->merge('lease', array('license' => $license === array() ? null : $license));
		if (($outcome->list('site')['status'] ?? 'ok') === 'changed') {
			$this->store->merge('state', array('license' => 'site_changed'));
		} elseif ($status === 'revoked' || $status === 'suspended') {
			$this->leases->withdraw($status);
		} elseif ($outcome->text('lease') !== '') {
			$activation = (string) ($this->store->read('credentials')['activation'] ?? '');
			$this->leases->accept($outcome->text('lease'), $activation, $this->identity->siteKey(), $now);
		}
		$this->store->merge('net', array('refused_on' => null));
	}

	/** Believed at once when signed; unsigned only after three different days (protocols.md 4.6). */
	private function tokenEnded(Outcome $outcome, int $now): void
	{
		$days = $this->store->read('net')['refused_on'] ?? array();
		$days[] = gmdate('Y-m-d', $now);
		$days = array_values(array_unique($days));
		$this->store->merge('net', array('refused_on' => array_slice($days, -3)));
		if (($outcome->data()['signed'] ?? false) === true || count($days) >= 3) {
			$this->store->write('credentials', array());
			$this->leases->withdraw('released');
			$this->store->merge('state', array('check' => null));
		}
	}

	private function planNext(Outcome $outcome, int $now): void
	{
		$wait = $outcome->isDone() ? (int) $outcome->text('next_check_in_s') : 3600;
		$this->store->merge('state', array('check' => $now + max(3600, min(172800, $wait))));
	}

	private function note(Outcome $outcome, int $now): void
	{
		$checks = $this->store->read('lease')['checks'] ?? array();
		$license = $outcome->list('license');
		$word = $outcome->isDone() ? (string) ($license['status'] ?? 'active') : $outcome->code();
		array_unshift($checks, array('t' => $now, 'was' => $outcome->isDone() ? 'done' : 'failed', 'word' => $word));
		$this->store->merge('lease', array('checks' => array_slice($checks, 0, 5)));
	}
}
