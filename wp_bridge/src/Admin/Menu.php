<?php

/**
 * Where the screens stand in wp-admin: the plugin's own menu, its row on the Plugins page, Network Admin.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\License\State;
use Keydesk\Bridge\Site\Store;

final class Menu
{
	private string $title;

	private string $page;

	private Store $store;

	/** @var callable(): void */
	private $show;

	/** @var callable(string): string */
	private $url;

	/**
	 * @param callable(): void $show prints the screen
	 * @param callable(string): string $url address of a tab
	 */
	public function __construct(string $title, string $page, Store $store, callable $show, callable $url)
	{
		$this->title = $title;
		$this->page = $page;
		$this->store = $store;
		$this->show = $show;
		$this->url = $url;
	}

	/** @param string $parent slug of the plugin's own menu, '' for Settings */
	public function onSite(string $parent, string $capability): void
	{
		$unread = (new State($this->store))->unread();
		$bubble = $unread > 0 ? sprintf(' <span class="awaiting-mod"><span>%d</span></span>', $unread) : '';
		$name = $parent === '' ? $this->title : __('Help', 'keydesk-bridge');
		$under = $parent === '' ? 'options-general.php' : $parent;
		add_submenu_page($under, $this->title, esc_html($name) . $bubble, $capability, $this->page, $this->show);
		if ($parent !== '') {
			$license = __('License', 'keydesk-bridge');
			add_submenu_page($under, $license, esc_html($license), $capability, $this->licenseLink());
		}
	}

	/** A license of the whole network has its screen in Network Admin. */
	public function onNetwork(): void
	{
		if ($this->store->isForNetwork()) {
			$right = 'manage_network_plugins';
			add_submenu_page('settings.php', $this->title, esc_html($this->title), $right, $this->page, $this->show);
		}
	}

	/**
	 * @param mixed $file
	 * @return mixed
	 */
	public function onSubmenu($file)
	{
		$here = Screens::asked('page', array($this->page), '') !== '';
		$onLicense = $here && Screens::asked('tab', array('license'), '') !== '';
		return $onLicense ? $this->licenseLink() : $file;
	}

	/**
	 * @param mixed $links
	 * @return mixed
	 */
	public function onLinks($links)
	{
		$own = array(
			sprintf('<a href="%s">%s</a>', esc_url(($this->url)('license')), esc_html__('License', 'keydesk-bridge')),
			sprintf('<a href="%s">%s</a>', esc_url(($this->url)('help')), esc_html__('Help', 'keydesk-bridge')),
		);
		return is_array($links) ? array_merge($own, $links) : $links;
	}

	private function licenseLink(): string
	{
		return 'admin.php?page=' . $this->page . '&tab=license';
	}
}
