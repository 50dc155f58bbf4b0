<?php

/**
 * The way into the bridge. PHP 5.6 can read this file: a PHP or WordPress that is too old must never
 * become a white screen.
 *
 * Version: 0.1.0
 */

namespace Keydesk\Bridge;

if (!function_exists(__NAMESPACE__ . '\\boot')) {
	/**
	 * Switches the bridge on. Call it once, at plugin load, from the plugin's main file.
	 *
	 * @param string $main_file __FILE__ of the plugin
	 * @param array  $options   menu: slug of the plugin's own admin menu, null for Settings
	 * @return Bridge|Silence   the facade: allows(), state(), license_state(), screen_url(), version()
	 */
	function boot($main_file, array $options = array())
	{
		global $wp_version;
		if (PHP_VERSION_ID < 70400 || version_compare((string) $wp_version, '6.1-alpha', '<')) {
			return new Silence($main_file);
		}
		spl_autoload_register(__NAMESPACE__ . '\\load');
		return Bridge::boot($main_file, __DIR__, $options);
	}

	/** Loads one of our own classes from the map that the builder wrote. */
	function load($class)
	{
		static $map = null;
		if ($map === null) {
			$map = require __DIR__ . '/class-map.php';
		}
		if (isset($map[$class])) {
			require_once __DIR__ . '/' . $map[$class];
		}
	}

	/** The facade on a site that is too old: it answers "nothing", and the Plugins page says why. */
	final class Silence
	{
		public function __construct($main_file)
		{
			add_action('after_plugin_row_' . plugin_basename($main_file), array($this, 'explain'));
		}

		public function explain()
		{
			echo '<tr class="plugin-update-tr"><td colspan="4"><div class="notice inline notice-warning"><p>'
				. esc_html__('License and help need PHP 7.4 and WordPress 6.1 or newer.', 'keydesk-bridge')
				. '</p></div></td></tr>';
		}

		public function allows($feature)
		{
			return false;
		}

		public function state()
		{
			return array(
				'name' => 'unlicensed',
				'features' => array(),
				'license_ends' => null,
				'updates' => false,
				'test' => false,
			);
		}

		public function license_state()
		{
			return 'unlicensed';
		}

		public function screen_url($tab = 'help', array $arguments = array())
		{
			return admin_url('plugins.php');
		}

		public function version()
		{
			return '';
		}
	}
}
