<?php

/**
 * Where records lie: in the options of one site, or in those of the whole network.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Options
{
	private bool $ofNetwork;

	public function __construct(bool $ofNetwork)
	{
		$this->ofNetwork = $ofNetwork;
	}

	/** Whether the plugin is switched on for the whole network; core has read that list already. */
	public static function isNetworkWide(string $plugin): bool
	{
		$plugins = is_multisite() ? get_site_option('active_sitewide_plugins') : array();
		return is_array($plugins) && isset($plugins[$plugin]);
	}

	public function areOfNetwork(): bool
	{
		return $this->ofNetwork;
	}

	/** @return mixed false when there is none */
	public function get(string $name)
	{
		return $this->ofNetwork ? get_site_option($name) : get_option($name);
	}

	public function add(string $name, string $text, bool $autoload): bool
	{
		return $this->ofNetwork ? add_site_option($name, $text) : add_option($name, $text, '', $autoload);
	}

	public function update(string $name, string $text, bool $autoload): bool
	{
		return $this->ofNetwork ? update_site_option($name, $text) : update_option($name, $text, $autoload);
	}

	public function delete(string $name): void
	{
		$this->ofNetwork ? delete_site_option($name) : delete_option($name);
	}

	/** The next look reads what another process may have written. */
	public function refresh(string $name, bool $autoload): void
	{
		if ($this->ofNetwork) {
			wp_cache_delete(get_current_network_id() . ':' . $name, 'site-options');
			return;
		}
		wp_cache_delete($autoload ? 'alloptions' : $name, 'options');
	}
}
