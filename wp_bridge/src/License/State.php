<?php

/**
 * The license as pages see it: read from the one autoloaded record, judged by the clock, never by a request.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\License;

use Keydesk\Bridge\Client\Standing;
use Keydesk\Bridge\Site\Store;

final class State
{
	/** @var array<string, mixed> */
	private array $record;

	public function __construct(Store $store)
	{
		$this->record = $store->read('state');
	}

	/** One of the states of protocols.md 4.6. */
	public function name(int $now): string
	{
		return (new Standing($this->record, $now))->name();
	}

	public function allows(string $entitlement, int $now): bool
	{
		return (new Standing($this->record, $now))->allows($entitlement);
	}

	/** @return array{name: string, features: array<int, string>, license_ends: int|null, updates: bool, test: bool} */
	public function all(int $now): array
	{
		$standing = new Standing($this->record, $now);
		return array(
			'name' => $standing->name(),
			'features' => array_values(array_filter($this->record['feat'] ?? array(), array($standing, 'allows'))),
			'license_ends' => $this->record['lexp'] ?? null,
			'updates' => $standing->hasUpdates(),
			'test' => ($this->record['mode'] ?? 'live') === 'test',
		);
	}

	public function unread(): int
	{
		return (int) ($this->record['unread'] ?? 0);
	}
}
