<?php

/**
 * Who this installation is: its number, its address, and whether the address is still the same.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

use Keydesk\Bridge\Client\SiteKey;

final class Identity
{
	private const SURE_AFTER = 600;

	private Store $store;

	public function __construct(Store $store)
	{
		$this->store = $store;
	}

	/** 128 random bits, made once; another plugin's copy has its own. */
	public function uid(): string
	{
		$uid = $this->store->read('site')['site_uid'] ?? '';
		if (!is_string($uid) || preg_match('/^[0-9a-f]{32}$/D', $uid) !== 1) {
			$uid = self::fresh();
			$this->store->merge('site', array('site_uid' => $uid));
		}
		return $uid;
	}

	/** A number for a site that has none of its own yet. */
	public static function fresh(): string
	{
		return bin2hex(random_bytes(16));
	}

	/** The stored option, not home_url(): language and mapping plugins filter that one. A network is its main site. */
	public function url(): string
	{
		return (string) ($this->store->isForNetwork() ? get_blog_option(get_main_site_id(), 'home') : get_option('home'));
	}

	/** The address as the server would count it; a strange one as it stands. */
	public function home(): string
	{
		return SiteKey::of($this->url()) ?? trim($this->url());
	}

	/** Whether this database came from another address; the token of that one must not be used here. */
	public function isElsewhere(): bool
	{
		$site = $this->store->read('site');
		$known = array($site['home'] ?? '', $site['site_key'] ?? '');
		return $known[0] !== '' && !in_array($this->home(), $known, true);
	}

	/**
	 * @param string $siteKey the server's name for this address
	 * @param string $uid a number of its own for what turned out to be a copy, '' to keep the old one
	 */
	public function settle(string $siteKey, string $uid): void
	{
		$changes = array('home' => $this->home(), 'site_key' => $siteKey, 'seen' => null);
		$this->store->merge('site', $changes + ($uid === '' ? array() : array('site_uid' => $uid)));
	}

	public function siteKey(): string
	{
		return (string) ($this->store->read('site')['site_key'] ?? '');
	}

	/** True after two equal observations of another address, ten minutes apart (the tick and the own screen ask). */
	public function hasMoved(int $now): bool
	{
		$seen = $this->store->read('site')['seen'] ?? array();
		if (!$this->isElsewhere()) {
			if ($seen !== array()) {
				$this->store->merge('site', array('seen' => null)); // the next change is a new one
			}
			return false;
		}
		if (($seen['home'] ?? '') !== $this->home()) {
			$this->store->merge('site', array('seen' => array('home' => $this->home(), 'at' => $now)));
			return false;
		}
		return $now - (int) $seen['at'] >= self::SURE_AFTER;
	}

	/** An opaque name of a user for the server: it can tell two apart, and nothing else. */
	public function userRef(int $user): string
	{
		return substr(hash_hmac('sha256', 'user:' . $user, $this->uid()), 0, 32);
	}
}
