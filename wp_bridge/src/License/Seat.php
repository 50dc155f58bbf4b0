<?php

/**
 * The seat of this site: what it says about itself, the credentials it holds, what the server last told.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Store;

final class Seat
{
	public const ENDED = array('token_revoked', 'credentials_invalid');

	private Store $store;

	private Identity $identity;

	private Leases $leases;

	private Trust $trust;

	private string $version;

	/** @param string $version of the plugin */
	public function __construct(Store $store, Identity $identity, Leases $leases, Trust $trust, string $version)
	{
		$this->store = $store;
		$this->identity = $identity;
		$this->leases = $leases;
		$this->trust = $trust;
		$this->version = $version;
	}

	public function token(): string
	{
		return (string) ($this->credentials()['token'] ?? '');
	}

	/** @return array<string, string> token, activation, key (absent when a one-use code brought the license) */
	public function credentials(): array
	{
		$held = $this->store->read('credentials');
		return array_intersect_key($held, array('token' => 1, 'activation' => 1, 'key' => 1));
	}

	/** @return array<string, mixed> */
	public function facts(): array
	{
		return array(
			'site_uid' => $this->identity->uid(),
			'site_url' => $this->identity->url(),
			'environment' => Environment::type(),
			'plugin_version' => substr($this->version, 0, 32),
			'wp_version' => substr((string) get_bloginfo('version'), 0, 32),
			'php_version' => substr(PHP_VERSION, 0, 32),
			'locale' => substr(get_user_locale(), 0, 32),
		);
	}

	/** @return array<string, int> how many sites the network has; nothing on a single site */
	public function size(): array
	{
		return $this->store->isForNetwork() ? array('blog_count' => max(1, (int) get_blog_count())) : array();
	}

	/** @return array<string, mixed> what a new activation tells besides */
	public function beginning(): array
	{
		return $this->facts() + array('admin_url' => admin_url())
			+ ($this->store->isForNetwork() ? array('network' => true) + $this->size() : array());
	}

	/**
	 * Keeps a new activation: only when its lease holds here.
	 *
	 * @param string $uid the number of its own that a copy got, '' when the site is the same
	 */
	public function settle(Outcome $outcome, string $key, string $uid, int $now): Outcome
	{
		if (!$outcome->isDone()) {
			return $outcome;
		}
		$activation = $outcome->text('activation_id');
		$siteKey = (string) ($outcome->list('site')['site_key'] ?? '');
		$this->trust->setClock((int) $outcome->text('signed_at'), $now);
		$this->trust->learn($outcome->list('signing_keys'));
		$verdict = $this->leases->accept($outcome->text('lease'), $activation, $siteKey, $now);
		if (!in_array($verdict, array('valid', 'stale', 'lapsed'), true)) {
			return Outcome::unreachable('lease_' . $verdict);
		}
		$this->store->write('credentials', array_filter(array(
			'token' => $outcome->text('site_token'),
			'activation' => $activation,
			'key' => $key,
		)));
		$this->identity->settle($siteKey, $uid);
		if ($uid !== '') {
			$this->store->write('help', array()); // the threads are the old site's
		}
		$this->store->merge('lease', array('license' => $outcome->list('license'), 'told' => null));
		$isApart = $this->store->isForNetwork() && ($outcome->list('site')['network'] ?? true) === false;
		$this->store->merge('state', array('apart' => $isApart ? 1 : null)); // each site of the network by itself
		$wait = (int) $outcome->text('check_in_after_s');
		$this->store->merge('state', array('check' => $now + max(3600, min(172800, $wait))));
		$this->note($outcome, $now);
		return $outcome;
	}

	/** The server's signed word that the place of this site is gone is believed whatever was asked. */
	public function heed(Outcome $outcome): void
	{
		$isSigned = ($outcome->data()['signed'] ?? false) === true;
		if ($isSigned && $outcome->isRefused() && in_array($outcome->code(), self::ENDED, true)) {
			$this->forget();
		}
	}

	/** The site holds nothing any more; the queued call that frees the seat carries what it needs. */
	public function forget(): void
	{
		$this->store->write('credentials', array());
		$names = array('text', 'seq', 'iat', 'activation', 'license', 'checks', 'list', 'over', 'told');
		$this->store->merge('lease', array_fill_keys($names, null));
		$this->leases->withdraw('released');
		$this->store->merge('state', array('check' => null));
	}

	/** One line of the last five checks; a site that holds nothing any more keeps none. */
	public function note(Outcome $outcome, int $now): void
	{
		if ($this->token() === '') {
			return;
		}
		$checks = $this->store->read('lease')['checks'] ?? array();
		$license = $outcome->list('license');
		$was = $outcome->isDone() ? 'done' : ($outcome->isRefused() ? 'refused' : 'failed');
		$word = $outcome->isDone() ? (string) ($license['status'] ?? 'active') : $outcome->code();
		array_unshift($checks, array('t' => $now, 'was' => $was, 'word' => $word));
		$this->store->merge('lease', array('checks' => array_slice($checks, 0, 5)));
	}

	/** @return array<string, mixed> the license as the server last described it, and the last checks */
	public function described(): array
	{
		$held = $this->store->read('lease');
		$license = is_array($held['license'] ?? null) ? $held['license'] : array();
		return array(
			'license' => $license,
			'checks' => $held['checks'] ?? array(),
			'site' => (string) ($held['told'] ?? $this->identity->siteKey()),
			'here' => $this->identity->home(),
		);
	}
}
