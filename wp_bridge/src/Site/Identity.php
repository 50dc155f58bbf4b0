<?php

/**
 * Who this installation is: its number, its address, and whether the address is still the same.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

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
			$uid = bin2hex(random_bytes(16));
			$this->store->merge('site', array('site_uid' => $uid));
		}
		return $uid;
	}

	/** The stored option, not home_url(): language and mapping plugins filter that one. */
	public function url(): string
	{
		return (string) get_option('home');
	}

	/** The address as far as a change of it matters: no scheme, no www, no slash at the end. */
	public function home(): string
	{
		$bare = (string) preg_replace('~^https?://(www\.)?~i', '', trim($this->url()));
		$host = (string) preg_replace('~[/?#].*$~s', '', $bare);
		return rtrim(strtolower($host) . substr($bare, strlen($host)), '/');
	}

	/** Whether this database came from another address; the token of that one must not be used here. */
	public function isElsewhere(): bool
	{
		$known = $this->store->read('site')['home'] ?? '';
		return $known !== '' && $known !== $this->home();
	}

	/** @param string $siteKey the server's name for this address */
	public function settle(string $siteKey): void
	{
		$this->store->merge('site', array('home' => $this->home(), 'site_key' => $siteKey, 'seen' => null));
	}

	public function siteKey(): string
	{
		return (string) ($this->store->read('site')['site_key'] ?? '');
	}

	/** A number of its own for what turned out to be a copy. */
	public function renew(): void
	{
		$this->store->merge('site', array('site_uid' => null, 'home' => null, 'site_key' => null, 'seen' => null));
	}

	/** True after two equal observations of another address, ten minutes apart (the tick asks). */
	public function hasMoved(int $now): bool
	{
		if (!$this->isElsewhere()) {
			return false;
		}
		$seen = $this->store->read('site')['seen'] ?? array();
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
