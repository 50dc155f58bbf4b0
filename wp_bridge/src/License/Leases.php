<?php

/**
 * Verifies a lease when it arrives and once a day, and writes what pages may believe into `state`.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\Lease;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Store;

final class Leases
{
	private const DAY = 86400;

	private Config $config;

	private Store $store;

	public function __construct(Config $config, Store $store)
	{
		$this->config = $config;
		$this->store = $store;
	}

	/** The keys of the last signed reply before those that were built in. */
	public function keys(): Keys
	{
		$learned = $this->store->read('lease')['keys'] ?? array();
		return new Keys(array_merge($learned, $this->config->leaseKeys()));
	}

	/** @param array<int|string, mixed> $rows signing_keys of a reply whose signature held */
	public function learn(array $rows): void
	{
		if ($rows !== array()) {
			$this->store->merge('lease', array('keys' => array_slice(array_values($rows), 0, 4)));
		}
	}

	/**
	 * Local time, or the server's where the two are more than a day apart.
	 */
	public function now(int $now): int
	{
		$drift = (int) ($this->store->read('lease')['drift'] ?? 0);
		return abs($drift) > self::DAY ? $now + $drift : $now;
	}

	/** @param int $serverTime of a signed reply */
	public function setClock(int $serverTime, int $now): void
	{
		$drift = $serverTime - $now;
		$this->store->merge('lease', array('drift' => abs($drift) > self::DAY ? $drift : null));
	}

	/** @return string the verdict; a text that does not hold changes nothing */
	public function accept(string $text, string $activation, string $siteKey, int $now): string
	{
		$held = $this->store->read('lease');
		$sameSeat = ($held['activation'] ?? '') === $activation;
		$stored = $sameSeat && isset($held['seq']) ? array('seq' => $held['seq'], 'iat' => $held['iat']) : null;
		$lease = $this->verify($text, $activation, $siteKey, $stored, $now);
		if ($lease->holds()) {
			$claims = $lease->claims();
			$this->store->merge('lease', array(
				'text' => $text,
				'activation' => $activation,
				'seq' => $claims['seq'],
				'iat' => $claims['iat'],
			));
			$this->publish($claims);
		}
		return $lease->verdict();
	}

	/** The daily look at the stored lease; two passes a day apart are needed before a site lapses. */
	public function recheck(int $now): void
	{
		$held = $this->store->read('lease') + array('text' => '', 'over' => $now);
		$state = $this->store->read('state') + array('license' => '');
		if ($state['license'] !== 'active' || $held['text'] === '') {
			return;
		}
		$site = (string) ($this->store->read('site')['site_key'] ?? '');
		$lease = $this->verify($held['text'], (string) $held['activation'], $site, null, $now);
		if ($lease->verdict() === 'lapsed') {
			$first = (int) $held['over'];
			$this->store->merge('lease', array('over' => $first));
			$this->store->merge('state', array('lapsed' => $now - $first >= self::DAY ? 1 : null));
		} elseif (!$lease->holds() && $lease->verdict() !== 'not_yet_valid') {
			$mismatch = in_array($lease->verdict(), array('wrong_site', 'wrong_environment'), true);
			$this->withdraw($mismatch ? 'site_mismatch' : 'unlicensed');
		}
	}

	/** Only a signed word of the server, or a person's own act, leads here. */
	public function withdraw(string $license): void
	{
		$gone = array('feat' => null, 'lexp' => null, 'exp' => null, 'gexp' => null, 'after' => null, 'lapsed' => null);
		$this->store->merge('state', array('license' => $license) + $gone);
	}

	/** @param array{seq: int, iat: int}|null $stored */
	private function verify(string $text, string $activation, string $siteKey, ?array $stored, int $now): Lease
	{
		$expect = array(
			'tenant' => $this->config->text('tenant'),
			'product' => $this->config->text('product'),
			'activation' => $activation,
			'site' => $siteKey,
			'environment' => Environment::type(),
			'uncounted' => Environment::isUncounted($siteKey),
			'stored' => $stored,
		);
		return Lease::read($text, $this->keys(), $expect, $this->now($now));
	}

	/** @param array<string, mixed> $claims */
	private function publish(array $claims): void
	{
		$this->store->merge('lease', array('over' => null));
		$this->store->merge('state', array(
			'license' => 'active',
			'feat' => $claims['feat'],
			'lexp' => $claims['lexp'],
			'exp' => $claims['exp'],
			'gexp' => $claims['gexp'],
			'after' => ($claims['after'] ?? 'keep') === 'keep' ? null : 'limit',
			'lapsed' => null,
		));
	}
}
