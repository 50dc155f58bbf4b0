<?php

/**
 * Verifies a lease when it arrives and once a day, and writes what pages may believe into `state`.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Lease;
use Keydesk\Bridge\Client\Standing;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Store;

final class Leases
{
	private const DAY = 86400;

	/** What `state` holds of a lease. */
	private const GONE = array(
		'feat' => null, 'lexp' => null, 'upd' => null, 'sup' => null, 'iat' => null, 'exp' => null, 'gexp' => null,
		'after' => null, 'mode' => null, 'net' => null, 'lapsed' => null, 'moved' => null,
	);

	private Config $config;

	private Store $store;

	private Trust $trust;

	public function __construct(Config $config, Store $store, Trust $trust)
	{
		$this->config = $config;
		$this->store = $store;
		$this->trust = $trust;
	}

	/** @return string the verdict; the lease is kept only when it holds */
	public function accept(string $text, string $activation, string $siteKey, int $now): string
	{
		$held = $this->store->read('lease');
		$isSame = ($held['activation'] ?? '') === $activation;
		$stored = $isSame && isset($held['seq']) ? array('seq' => $held['seq'], 'iat' => $held['iat']) : null;
		$lease = $this->verify($text, $activation, $siteKey, $stored, $now);
		if ($lease->holds()) {
			$claims = $lease->claims();
			$this->store->merge('lease', array(
				'text' => $text,
				'activation' => $activation,
				'seq' => $claims['seq'],
				'iat' => $claims['iat'],
				'over' => null,
			));
			$this->publish($claims);
		}
		return $lease->verdict();
	}

	/** The daily look at the stored lease; two passes a day apart are needed before a site lapses. */
	public function recheck(int $now): void
	{
		$held = $this->store->read('lease') + array('text' => '');
		$state = $this->store->read('state') + array('license' => '');
		if ($state['license'] !== 'active' || $held['text'] === '') {
			return;
		}
		$site = (string) ($this->store->read('site')['site_key'] ?? '');
		$lease = $this->verify($held['text'], (string) $held['activation'], $site, null, $now);
		if ($lease->license() !== 'active') {
			$this->withdraw($lease->license());
			return;
		}
		$sure = $this->trust->now($now);
		$first = $lease->verdict() === 'lapsed' ? (int) ($held['over'] ?? $sure) : null;
		$this->store->merge('lease', array('over' => $first));
		$this->store->merge('state', array('lapsed' => $first !== null && $sure - $first >= self::DAY ? 1 : null));
	}

	/** Only a signed word of the server, or a person's own act, leads here. */
	public function withdraw(string $license): void
	{
		$this->store->merge('state', array('license' => $license) + self::GONE);
	}

	/** @param array{seq: int, iat: int}|null $stored */
	private function verify(string $text, string $activation, string $siteKey, ?array $stored, int $now): Lease
	{
		$list = $this->trust->list();
		$expect = array(
			'tenant' => $this->config->text('tenant'),
			'product' => $this->config->text('product'),
			'activation' => $activation,
			'site' => $siteKey,
			'environment' => Environment::type(),
			'uncounted' => Environment::isUncounted($siteKey),
			'revoked' => $list['ids'],
			'revoked_at' => $list['iat'],
			'revoked_kids' => $list['kids'],
			'stored' => $stored,
		);
		return Lease::read($text, $this->trust->keys(), $expect, $this->trust->now($now));
	}

	/** @param array<string, mixed> $claims */
	private function publish(array $claims): void
	{
		$this->store->merge('state', array('license' => 'active') + Standing::held($claims) + self::GONE);
	}
}
