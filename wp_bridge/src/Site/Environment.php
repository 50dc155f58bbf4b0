<?php

/**
 * What kind of site this is, by WordPress' word and by its address (protocols.md 2.3, rules 1 to 5).
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Environment
{
	private const TOP = array('test', 'local', 'localhost', 'invalid', 'example', 'internal', 'lan');

	private const FIRST = 'dev|staging|stage|test|testing|local|sandbox|preview|qa';

	private const SUFFIXES = array(
		'wpengine.com', 'wpenginepowered.com', 'kinsta.cloud', 'cloudwaysapps.com', 'flywheelsites.com',
		'flywheelstaging.com', 'instawp.xyz', 'instawp.co', 'pantheonsite.io', 'myftpupload.com',
	);

	public static function type(): string
	{
		return wp_get_environment_type();
	}

	/** Whether an address takes no seat, whatever WordPress says about itself. */
	public static function isUncounted(string $siteKey): bool
	{
		$authority = (string) preg_replace('~/.*$~s', '', $siteKey);
		$host = (string) preg_replace('~:[0-9]+$~', '', $authority);
		$path = substr($siteKey, strlen($authority));
		return self::isPrivate(trim($host, '[]'))
			|| self::isStagingName($host)
			|| preg_match('~/staging(/[0-9]+)?$~D', $path) === 1;
	}

	private static function isPrivate(string $host): bool
	{
		if (filter_var($host, FILTER_VALIDATE_IP) !== false) {
			$public = FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE;
			return filter_var($host, FILTER_VALIDATE_IP, $public) === false;
		}
		$labels = explode('.', $host);
		return count($labels) === 1 || in_array(end($labels), self::TOP, true);
	}

	private static function isStagingName(string $host): bool
	{
		$first = explode('.', $host)[0];
		$words = self::FIRST;
		if (substr_count($host, '.') > 1 && preg_match("/^(?:{$words})(?:-.*)?$|-(?:{$words})$/D", $first) === 1) {
			return true;
		}
		foreach (self::SUFFIXES as $suffix) {
			if ($host === $suffix || substr($host, -strlen($suffix) - 1) === '.' . $suffix) {
				return true;
			}
		}
		return false;
	}
}
