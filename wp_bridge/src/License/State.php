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

	/** Whether the license came from the vendor's test shop. */
	public function isTest(): bool
	{
		return ($this->record['mode'] ?? 'live') === 'test';
	}

	public function unread(): int
	{
		return (int) ($this->record['unread'] ?? 0);
	}
}
