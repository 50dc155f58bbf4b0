<?php

/**
 * What the site's people have agreed to; nothing leaves the site without it.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Consent
{
	/** Version of the text that stands beside the buttons Activate and Send. */
	public const TEXT = 1;

	private Store $store;

	public function __construct(Store $store)
	{
		$this->store = $store;
	}

	/** @param string $group 'license' (given by Activate) or 'support' (given by Send) */
	public function covers(string $group): bool
	{
		return isset($this->store->read('site')['consent'][$group]);
	}

	public function give(string $group, int $user, int $now): void
	{
		$given = $this->store->read('site')['consent'] ?? array();
		if (!isset($given[$group]) || $given[$group]['text'] !== self::TEXT) {
			$given[$group] = array('user' => $user, 'at' => $now, 'text' => self::TEXT);
			$this->store->merge('site', array('consent' => $given));
		}
	}
}
