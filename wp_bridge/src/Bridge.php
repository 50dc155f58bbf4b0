<?php

/**
 * The roof: adds the hooks, builds the objects when a hook needs them, and is the facade of the embed.
 */

declare(strict_types=1);

namespace Keydesk\Bridge;

use Keydesk\Bridge\Admin\Menu;
use Keydesk\Bridge\License\State;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Guard;
use Keydesk\Bridge\Site\Names;
use Keydesk\Bridge\Site\Options;
use Keydesk\Bridge\Site\Store;

final class Bridge
{
	private static ?Bridge $booted = null;

	private string $mainFile;

	private string $folder;

	/** @var array<string, mixed> */
	private array $options;

	private Config $config;

	private Names $names;

	private Store $store;

	private Guard $guard;

	private ?Workshop $workshop = null;

	/** @param array<string, mixed> $options menu, see the guide */
	public static function boot(string $mainFile, string $folder, array $options): self
	{
		if (self::$booted === null) {
			self::$booted = new self($mainFile, $folder, $options);
			self::$booted->hook();
		}
		return self::$booted;
	}

	/** @param array<string, mixed> $options */
	private function __construct(string $mainFile, string $folder, array $options)
	{
		$this->mainFile = $mainFile;
		$this->folder = $folder;
		$this->options = $options + array('menu' => null);
		$this->config = new Config((array) require $folder . '/config.php');
		$this->names = new Names($this->config->slug());
		$this->store = new Store($this->names, Options::isNetworkWide(plugin_basename($mainFile)));
		$this->guard = new Guard($this->store);
	}

	/**
	 * Whether premium work with a feature of the plan may be done now. Local: no request, and no query on a
	 * single site (one on a network). `$feature` is its code in the vendor's console, as "export".
	 */
	public function allows(string $feature): bool
	{
		return (new State($this->store))->allows($feature, $this->now());
	}

	/**
	 * What the license of this site is, from what the site holds; no request.
	 *
	 * @return array{name: string, features: array<int, string>, license_ends: int|null, updates: bool, test: bool}
	 *     name: see license_state(); license_ends: Unix seconds, null without end or license; updates: whether new
	 *     versions come with it; test: it came from the vendor's test shop
	 */
	public function state(): array
	{
		return (new State($this->store))->all($this->now());
	}

	/**
	 * One of: unlicensed active stale lapsed expired suspended revoked released site_changed site_mismatch.
	 */
	public function license_state(): string
	{
		return (new State($this->store))->name($this->now());
	}

	/**
	 * Address of one of the bridge's screens: help, license, contact, tickets, ticket.
	 *
	 * @param array<string, string> $arguments
	 */
	public function screen_url(string $tab = 'help', array $arguments = array()): string
	{
		$query = http_build_query(array('page' => $this->names->page(), 'tab' => $tab) + $arguments);
		$isOfNetwork = $this->store->isForNetwork() && current_user_can('manage_network_plugins');
		return $isOfNetwork && ($tab === 'license' || is_network_admin())
			? network_admin_url('settings.php?' . $query)
			: admin_url('admin.php?' . $query);
	}

	/** Version of the bridge (not of the plugin). */
	public function version(): string
	{
		return $this->config->text('bridge_version');
	}

	private function hook(): void
	{
		$file = plugin_basename($this->mainFile);
		$this->guard->on('activate_' . $file, array($this, 'onActivation'));
		$this->guard->on('deactivate_' . $file, array($this, 'onDeactivation'));
		$this->guard->on($this->names->key('tick'), array($this, 'onTick'));
		$this->guard->on('rest_api_init', array($this, 'onRest'));
		if (is_admin()) {
			$this->guard->on('init', array($this, 'loadWords'));
			$menu = $this->menu();
			$this->guard->on('admin_menu', array($this, 'onMenu'), 90);
			$this->guard->on('network_admin_menu', array($menu, 'onNetwork'), 90);
			$this->guard->on('admin_init', array($this, 'onAdmin'));
			$this->guard->on('submenu_file', array($menu, 'onSubmenu'));
			$this->guard->on('plugin_action_links_' . $file, array($menu, 'onLinks'));
			$this->guard->on('network_admin_plugin_action_links_' . $file, array($menu, 'onLinks'));
			$this->guard->on('admin_enqueue_scripts', array($this, 'onAssets'));
		}
	}

	/** @param mixed $forNetwork whether the plugin is being switched on for the whole network */
	public function onActivation($forNetwork = false): void
	{
		if ($forNetwork === true) {
			$this->store = new Store($this->names, true);
			$this->workshop = null;
		}
		$this->store->create();
		$workshop = $this->workshop();
		$workshop->ticker()->schedule($workshop->identity()->uid(), $this->now());
	}

	public function onDeactivation(): void
	{
		$this->workshop()->ticker()->unschedule();
	}

	/** Everything that happens without a person: the daily call, the queue, tidying up. */
	public function onTick(): void
	{
		if (!$this->ticksHere()) {
			return;
		}
		$workshop = $this->workshop();
		$now = $this->now();
		$workshop->room()->moving()->watch($now);
		$duties = array(
			static function () use ($workshop, $now): void {
				$workshop->room()->moving()->connectCopy($now);
				$workshop->room()->leases()->recheck($now);
			},
			static function () use ($workshop, $now): void {
				$workshop->checkInWhenDue($now);
			},
			static function (int $deadline) use ($workshop, $now): void {
				$workshop->drain($now, $deadline);
			},
			static function () use ($workshop, $now): void {
				$workshop->attachments()->tidy($now);
			},
		);
		$workshop->ticker()->run($duties, $now);
	}

	public function onRest(): void
	{
		$this->loadWords();
		$this->acts()->routes();
	}

	/** Forms without a script, and the cron hook in case the site lost it. */
	public function onAdmin(): void
	{
		if (($GLOBALS['pagenow'] ?? '') === 'admin-post.php') {
			$this->acts()->forms();
		}
		if ($this->ticksHere() && wp_next_scheduled($this->names->key('tick')) === false) {
			$this->store->create();
			$workshop = $this->workshop();
			$workshop->ticker()->schedule($workshop->identity()->uid(), $this->now());
		}
	}

	/** What is the network's is looked after from its main site. */
	private function ticksHere(): bool
	{
		return !$this->store->isForNetwork() || is_main_site();
	}

	public function onMenu(): void
	{
		$parent = is_string($this->options['menu']) ? $this->options['menu'] : '';
		$this->menu()->onSite($parent, $this->capability());
	}

	public function onPage(): void
	{
		$this->workshop()->screens()->page();
	}

	/** @param mixed $hookSuffix */
	public function onAssets($hookSuffix): void
	{
		if (is_string($hookSuffix) && substr($hookSuffix, -strlen($this->names->page())) === $this->names->page()) {
			$this->workshop()->assets()->enqueue();
		}
	}

	/** Our own text domain, so that two copies never overwrite each other's words. */
	public function loadWords(): void
	{
		$locale = determine_locale();
		$exact = $this->folder . '/languages/keydesk-bridge-' . $locale . '.mo';
		if (is_file($exact)) {
			load_textdomain('keydesk-bridge', $exact);
			return;
		}
		$short = explode('_', $locale)[0];
		$found = glob($this->folder . '/languages/keydesk-bridge-' . $short . '*.mo');
		if (is_array($found) && $found !== array()) {
			load_textdomain('keydesk-bridge', $found[0]);
		}
	}

	private function menu(): Menu
	{
		$url = array($this, 'screen_url');
		return new Menu($this->config->name(), $this->names->page(), $this->store, array($this, 'onPage'), $url);
	}

	private function acts(): Admin\Dispatcher
	{
		$owner = $this->store->isForNetwork() ? 'manage_network_plugins' : 'manage_options';
		return $this->workshop()->dispatcher($this->capability(), $owner);
	}

	private function capability(): string
	{
		$asked = apply_filters($this->names->key('capability'), 'manage_options');
		return is_string($asked) && $asked !== '' ? $asked : 'manage_options';
	}

	private function workshop(): Workshop
	{
		if ($this->workshop === null) {
			$this->workshop = new Workshop(
				array('config' => $this->config, 'names' => $this->names, 'store' => $this->store, 'guard' => $this->guard),
				$this->mainFile,
				$this->folder,
				array($this, 'screen_url'),
				$this->now()
			);
		}
		return $this->workshop;
	}

	/** Seconds now; tests move the clock by this filter. */
	private function now(): int
	{
		return (int) apply_filters($this->names->key('now'), time());
	}
}
