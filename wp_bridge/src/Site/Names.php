<?php

/**
 * Every name the bridge uses in the site, made from the plugin's slug.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Names
{
	private string $slug;

	public function __construct(string $slug)
	{
		$this->slug = $slug;
	}

	/** Option, transient, hook or user meta: keydesk_{slug}_{name}. */
	public function key(string $name): string
	{
		return 'keydesk_' . str_replace('-', '_', $this->slug) . '_' . $name;
	}

	public function page(): string
	{
		return $this->slug . '-keydesk';
	}

	public function handle(): string
	{
		return $this->slug . '-keydesk';
	}

	public function routes(): string
	{
		return 'keydesk-' . $this->slug . '/v1';
	}

	/** The admin-post name and, at once, the nonce name of an act. */
	public function act(string $name): string
	{
		return $this->key($name);
	}
}
