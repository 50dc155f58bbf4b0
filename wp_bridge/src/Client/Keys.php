<?php

/**
 * The closed list of public keys this copy trusts, by kid.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Keys
{
	public const MOST = 4;

	/** @var array<string, array{public: string, not_before: int, not_after: int}> */
	private array $keys = array();

	/** @param array<int, mixed> $rows rows of {kid, public_key, not_before?, not_after?} */
	public function __construct(array $rows)
	{
		foreach ($rows as $row) {
			$key = is_array($row) ? self::read($row) : null;
			if ($key !== null && count($this->keys) < self::MOST && $this->find(self::kid($key['public'])) === null) {
				$this->keys[self::kid($key['public'])] = $key;
			}
		}
	}

	public static function kid(string $public): string
	{
		return 'k' . substr(hash('sha256', $public), 0, 16);
	}

	/** @return array<string, string> kid to 32 bytes */
	public function all(): array
	{
		return array_map(
			static function (array $key): string {
				return $key['public'];
			},
			$this->keys
		);
	}

	public function find(string $kid): ?string
	{
		return isset($this->keys[$kid]) ? $this->keys[$kid]['public'] : null;
	}

	public function wasGoodAt(string $kid, int $moment): bool
	{
		$key = $this->keys[$kid] ?? null;
		return $key !== null && $moment >= $key['not_before'] && $moment <= $key['not_after'];
	}

	/**
	 * A row whose kid does not fit its key is left out.
	 *
	 * @param array<string, mixed> $row
	 * @return array{public: string, not_before: int, not_after: int}|null
	 */
	private static function read(array $row): ?array
	{
		$public = Signed::decode((string) ($row['public_key'] ?? ''));
		if ($public === null || strlen($public) !== 32 || ($row['kid'] ?? '') !== self::kid($public)) {
			return null;
		}
		return array(
			'public' => $public,
			'not_before' => (int) ($row['not_before'] ?? 0),
			'not_after' => (int) ($row['not_after'] ?? PHP_INT_MAX),
		);
	}
}
