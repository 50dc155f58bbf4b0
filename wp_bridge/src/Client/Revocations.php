<?php

/**
 * The signed list of leases and keys that count no more (protocols.md 4.8).
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Revocations
{
	private string $verdict;

	/** @var array<string, mixed> */
	private array $claims;

	/** @param array<string, mixed> $claims */
	private function __construct(string $verdict, array $claims = array())
	{
		$this->verdict = $verdict;
		$this->claims = $claims;
	}

	/** @param int $serial of the list that the site holds, 0 when it holds none */
	public static function read(string $text, Keys $keys, string $tenant, string $product, int $serial): self
	{
		$open = Signed::open($text, Lease::DOMAIN, Signed::REVOCATIONS, $keys);
		if ($open['verdict'] !== '') {
			return new self($open['verdict']);
		}
		$claims = StrictJson::object($open['payload']);
		if ($claims === null || !is_string($claims['typ'] ?? null)) {
			return new self('malformed_payload');
		}
		if ($claims['typ'] !== 'revocations' || !self::hasShape($claims)) {
			return new self($claims['typ'] === 'revocations' ? 'malformed_payload' : 'wrong_type');
		}
		$isOwnEnd = in_array($claims['kid'], $claims['kids'], true); // a key cannot take itself back
		$checks = array(
			'wrong_key' => $claims['kid'] === $open['kid'] && !$isOwnEnd
				&& $keys->wasGoodAt($open['kid'], $claims['iat']),
			'wrong_product' => $claims['ten'] === $tenant && ($claims['prod'] ?? $product) === $product,
			'older' => $claims['serial'] > $serial,
		);
		$failed = array_search(false, $checks, true);
		return new self($failed === false ? 'accepted' : (string) $failed, $claims);
	}

	/** 'accepted', 'older', or why it is refused. A list whose time is over stays in force. */
	public function verdict(): string
	{
		return $this->verdict;
	}

	/** @return array<string, mixed> */
	public function claims(): array
	{
		return $this->claims;
	}

	/** @param array<string, mixed> $claims */
	private static function hasShape(array $claims): bool
	{
		$texts = array($claims['kid'] ?? null, $claims['ten'] ?? null, $claims['prod'] ?? '');
		$counts = array($claims['serial'] ?? null, $claims['iat'] ?? null, $claims['exp'] ?? null);
		return array_filter($texts, 'is_string') === $texts
			&& array_filter($counts, array(self::class, 'isCount')) === $counts
			&& is_bool($claims['full'] ?? null)
			&& self::hasLists($claims);
	}

	/** @param array<string, mixed> $claims */
	private static function hasLists(array $claims): bool
	{
		foreach (array('leases', 'kids', 'packages') as $name) {
			$list = $claims[$name] ?? null;
			if (!is_array($list) || array_filter(array_values($list), 'is_string') !== $list) {
				return false;
			}
		}
		return true;
	}

	/** @param mixed $value */
	private static function isCount($value): bool
	{
		return is_int($value) && $value >= 0;
	}
}
