<?php

/**
 * What a person may send along with a question: facts of Site Health, in sections, without secrets.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Diagnostics
{
	private const CAP = 32768;

	/** Section on the wire to sections of WordPress. */
	private const SOURCES = array(
		'site' => array('wp-core', 'wp-constants'),
		'server' => array('wp-server', 'wp-database'),
		'theme' => array('wp-active-theme', 'wp-parent-theme'),
		'plugins' => array('wp-plugins-active', 'wp-mu-plugins', 'wp-dropins'),
	);

	/** Their rows are named after plugins and themes: a name with "key" in it is no secret. */
	private const LISTS = array('theme', 'plugins');

	private const SALTS = array(
		'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
		'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT', 'DB_PASSWORD', 'DB_USER', 'DB_NAME',
	);

	private Guard $guard;

	private Names $names;

	public function __construct(Guard $guard, Names $names)
	{
		$this->guard = $guard;
		$this->names = $names;
	}

	/**
	 * @param array<string, string> $product rows about the plugin itself
	 * @param string $folder the plugin's folder: errors are looked up by it
	 * @return array{sections: array<string, array<string, mixed>>, removed: int}
	 */
	public function collect(array $product, string $folder): array
	{
		$redactor = new Redactor($this->secrets(), ABSPATH, WP_CONTENT_DIR);
		$rows = apply_filters($this->names->key('diagnostics'), $product);
		$sections = array('plugin_settings' => is_array($rows) ? $rows : $product);
		$facts = $this->siteHealth();
		foreach (self::SOURCES as $section => $sources) {
			$sections[$section] = array();
			foreach ($sources as $source) {
				$sections[$section] += self::fields($facts[$source] ?? array());
			}
		}
		$sections['errors'] = self::recentErrors($folder);
		$clean = array();
		foreach ($sections as $section => $fields) {
			$clean[$section] = $redactor->rows($fields, !in_array($section, self::LISTS, true));
		}
		$fitting = self::fit($clean);
		return array('sections' => $fitting, 'removed' => Redactor::removed($fitting));
	}

	/**
	 * WP_Debug_Data asks wordpress.org, with a time limit of 10 s; here every request is answered
	 * with an error for the duration.
	 *
	 * @return array<string, mixed>
	 */
	private function siteHealth(): array
	{
		require_once ABSPATH . 'wp-admin/includes/admin.php';
		if (!class_exists('WP_Debug_Data')) {
			require_once ABSPATH . 'wp-admin/includes/class-wp-debug-data.php';
		}
		if (!class_exists('WP_Site_Health')) {
			require_once ABSPATH . 'wp-admin/includes/class-wp-site-health.php';
		}
		$refuse = static function () {
			return new \WP_Error('keydesk_offline', 'no request while diagnostics are collected');
		};
		$this->guard->during('pre_http_request', $refuse, 3);
		try {
			return \WP_Debug_Data::debug_data();
		} catch (\Throwable $error) {
			unset($error); // core's own look fails on a database that is not MySQL
			return self::atLeast();
		} finally {
			$this->guard->after('pre_http_request', $refuse);
		}
	}

	/** @return array<string, mixed> the facts that every question needs, in the shape of WP_Debug_Data */
	private static function atLeast(): array
	{
		$plugins = array();
		foreach (array_intersect_key(get_plugins(), array_flip((array) get_option('active_plugins'))) as $plugin) {
			$plugins[] = array('label' => $plugin['Name'], 'value' => $plugin['Version']);
		}
		$theme = wp_get_theme();
		return array(
			'wp-core' => array('fields' => array(
				array('label' => 'Version', 'value' => get_bloginfo('version')),
				array('label' => 'Locale', 'value' => get_locale()),
			)),
			'wp-server' => array('fields' => array(array('label' => 'PHP', 'value' => PHP_VERSION))),
			'wp-active-theme' => array('fields' => array(
				array('label' => (string) $theme->get('Name'), 'value' => (string) $theme->get('Version')),
			)),
			'wp-plugins-active' => array('fields' => $plugins),
		);
	}

	/**
	 * @param array<string, mixed> $source a section of WP_Debug_Data
	 * @return array<string, string>
	 */
	private static function fields(array $source): array
	{
		$source += array('private' => false, 'fields' => array());
		$rows = array();
		foreach ($source['private'] === true ? array() : $source['fields'] as $name => $field) {
			$field += array('private' => false, 'label' => $name, 'value' => '');
			if ($field['private'] !== true && $name !== 'dotorg_communication') {
				$rows[(string) $field['label']] = self::flat($field['debug'] ?? $field['value']);
			}
		}
		return $rows;
	}

	/** @param mixed $value */
	private static function flat($value): string
	{
		if (is_bool($value)) {
			return $value ? 'true' : 'false';
		}
		if (is_array($value)) {
			$parts = array();
			foreach ($value as $name => $part) {
				$parts[] = is_int($name) ? self::flat($part) : $name . ': ' . self::flat($part);
			}
			return implode(', ', $parts);
		}
		return is_scalar($value) ? mb_substr(wp_strip_all_tags((string) $value), 0, 500) : '';
	}

	/** @return array<string, string> the last lines of the debug log that name this plugin */
	private static function recentErrors(string $folder): array
	{
		$file = ini_get('error_log');
		if (!is_string($file) || $file === '' || !is_file($file) || !is_readable($file)) {
			return array();
		}
		$from = max(0, (int) filesize($file) - 65536);
		$tail = (string) file_get_contents($file, false, null, $from);
		$rows = array();
		foreach (array_reverse(explode("\n", $tail)) as $line) {
			if (count($rows) < 10 && strpos($line, '/' . $folder . '/') !== false) {
				$rows['#' . (count($rows) + 1)] = mb_substr((string) mb_convert_encoding($line, 'UTF-8', 'UTF-8'), 0, 500);
			}
		}
		return $rows;
	}

	/** @return array<int, string> */
	private function secrets(): array
	{
		$values = array();
		foreach (self::SALTS as $name) {
			if (defined($name) && is_string(constant($name))) {
				$values[] = constant($name);
			}
		}
		return $values;
	}

	/**
	 * @param array<string, array<string, mixed>> $sections
	 * @return array<string, array<string, mixed>> at most 32 KiB as JSON; the longest section gives way
	 */
	private static function fit(array $sections): array
	{
		while (strlen((string) json_encode($sections, JSON_UNESCAPED_UNICODE)) > self::CAP - 512) {
			$sizes = array_map('count', $sections);
			arsort($sizes);
			array_pop($sections[(string) key($sizes)]);
		}
		return $sections;
	}
}
