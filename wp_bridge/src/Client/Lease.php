<?php

/**
 * A signed lease: its claims, and the checks of protocols.md 4.3, each answering with a verdict.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Lease
{
	public const DOMAIN = 'keydesk-lease-v1';

	private const SKEW = 300;

	private const ENVIRONMENTS = array('production', 'staging', 'development', 'local');

	/** @var array<string, mixed> */
	private array $claims;

	private string $verdict;

	/** @param array<string, mixed> $claims */
	private function __construct(string $verdict, array $claims = array())
	{
		$this->verdict = $verdict;
		$this->claims = $claims;
	}

	/**
	 * @param array<string, mixed> $expect tenant, product, activation (null on first receipt), site,
	 *     environment, uncounted (the host needs no seat), network (site keys), revoked (ids), revoked_kids,
	 *     revoked_at (a lease signed later counts again), stored {seq, iat} or null
	 */
	public static function read(string $text, Keys $keys, array $expect, int $now): self
	{
		$open = Signed::open($text, self::DOMAIN, Signed::LEASE, $keys);
		if ($open['verdict'] !== '') {
			return new self($open['verdict']);
		}
		$claims = StrictJson::object($open['payload']);
		if ($claims === null || !self::hasShape($claims)) {
			return new self('malformed_payload');
		}
		$fitting = $claims['kid'] === $open['kid'] && $keys->wasGoodAt($open['kid'], $claims['iat']);
		$verdict = self::belongs($claims, $expect, $fitting);
		return new self($verdict === '' ? self::judgeTime($claims, $now) : $verdict, $claims);
	}

	/** 'valid', 'stale', 'lapsed', or the first check that failed. */
	public function verdict(): string
	{
		return $this->verdict;
	}

	/** Whether the text may be stored and believed (its time may be over). */
	public function holds(): bool
	{
		return in_array($this->verdict, array('valid', 'stale', 'lapsed'), true);
	}

	/** What the license is as far as time does not decide: active, revoked, site_mismatch or unlicensed. */
	public function license(): string
	{
		$ends = array('revoked' => 'revoked', 'wrong_site' => 'site_mismatch', 'wrong_environment' => 'site_mismatch');
		$runs = $this->holds() || $this->verdict === 'not_yet_valid';
		return $runs ? 'active' : ($ends[$this->verdict] ?? 'unlicensed');
	}

	/** @return array<string, mixed> */
	public function claims(): array
	{
		return $this->claims;
	}

	/** @param array<string, mixed> $claims */
	private static function hasShape(array $claims): bool
	{
		foreach (array('typ', 'kid', 'ten', 'prod', 'lid', 'act', 'site', 'plan') as $name) {
			if (!is_string($claims[$name] ?? null)) {
				return false;
			}
		}
		return array_key_exists('lexp', $claims) && self::hasNumbers($claims)
			&& self::hasEnums($claims) && self::hasFeatures($claims);
	}

	/** @param array<string, mixed> $claims */
	private static function hasNumbers(array $claims): bool
	{
		foreach (array('iat', 'nbf', 'exp', 'gexp', 'seq') as $name) {
			if (!self::isCount($claims[$name] ?? null)) {
				return false;
			}
		}
		foreach (array('lexp', 'upd', 'sup') as $name) {
			if (isset($claims[$name]) && !self::isCount($claims[$name])) {
				return false;
			}
		}
		return true;
	}

	/** @param array<string, mixed> $claims */
	private static function hasEnums(array $claims): bool
	{
		return in_array($claims['env'] ?? null, self::ENVIRONMENTS, true)
			&& in_array($claims['mode'] ?? null, array('live', 'test'), true)
			&& in_array($claims['st'] ?? null, array('active', 'expired'), true)
			&& in_array($claims['after'] ?? 'keep', array('keep', 'limit'), true)
			&& is_bool($claims['net'] ?? false);
	}

	/** @param array<string, mixed> $claims */
	private static function hasFeatures(array $claims): bool
	{
		$features = $claims['feat'] ?? null;
		if (!is_array($features) || count($features) > 48 || array_values($features) !== $features) {
			return false;
		}
		foreach ($features as $code) {
			if (!is_string($code) || strlen($code) > 40) {
				return false;
			}
		}
		return true;
	}

	/** @param mixed $value */
	private static function isCount($value): bool
	{
		return is_int($value) && $value >= 0 && $value < 9007199254740992;
	}

	/**
	 * @param array<string, mixed> $claims
	 * @param array<string, mixed> $expect
	 */
	private static function belongs(array $claims, array $expect, bool $keyFits): string
	{
		$stored = $expect['stored'] ?? null;
		$kids = $expect['revoked_kids'] ?? array();
		$activation = $expect['activation'] ?? null;
		$checks = array(
			'wrong_type' => $claims['typ'] === 'lease',
			'wrong_key' => $keyFits && !in_array($claims['kid'], $kids, true),
			'wrong_product' => $claims['ten'] === $expect['tenant'] && $claims['prod'] === $expect['product'],
			'wrong_activation' => $activation === null || $claims['act'] === $activation,
			'wrong_site' => $claims['site'] === $expect['site'] || self::isOfNetwork($claims, $expect),
			'wrong_environment' => self::environmentFits($claims, $expect),
			'revoked' => !self::isRevoked($claims, $expect),
			'replayed' => $stored === null || array($claims['seq'], $claims['iat']) >= array($stored['seq'], $stored['iat']),
		);
		$failed = array_search(false, $checks, true);
		return $failed === false ? '' : (string) $failed;
	}

	/**
	 * @param array<string, mixed> $claims
	 * @param array<string, mixed> $expect
	 */
	private static function isOfNetwork(array $claims, array $expect): bool
	{
		return ($claims['net'] ?? false) === true && in_array($claims['site'], $expect['network'] ?? array(), true);
	}

	/**
	 * Named on the list, and not signed after it.
	 *
	 * @param array<string, mixed> $claims
	 * @param array<string, mixed> $expect
	 */
	private static function isRevoked(array $claims, array $expect): bool
	{
		$isNamed = array_intersect(array($claims['lid'], $claims['act']), $expect['revoked'] ?? array()) !== array();
		return $isNamed && $claims['iat'] <= ($expect['revoked_at'] ?? PHP_INT_MAX);
	}

	/**
	 * A lease that took no seat must not be carried to a live site.
	 *
	 * @param array<string, mixed> $claims
	 * @param array<string, mixed> $expect
	 */
	private static function environmentFits(array $claims, array $expect): bool
	{
		return $claims['env'] === 'production'
			|| ($expect['environment'] ?? 'production') !== 'production'
			|| ($expect['uncounted'] ?? false) === true;
	}

	/** @param array<string, mixed> $claims */
	private static function judgeTime(array $claims, int $now): string
	{
		if ($claims['nbf'] - self::SKEW > $now) {
			return 'not_yet_valid';
		}
		if ($now <= $claims['exp'] + self::SKEW) {
			return 'valid';
		}
		return $now <= $claims['gexp'] + self::SKEW ? 'stale' : 'lapsed';
	}
}
