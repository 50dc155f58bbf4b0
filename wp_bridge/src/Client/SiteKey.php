<?php

/**
 * The address of a site as the server counts it: host, port and path, and nothing that may differ by chance.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class SiteKey
{
	private const LONGEST_URL = 2048;

	private const LONGEST_KEY = 500;

	/** @return string|null `host[:port][/path]`, null when it is not the address of a site */
	public static function of(string $url): ?string
	{
		$text = trim($url, " \t\n\r\f\v");
		if (strlen($url) > self::LONGEST_URL || preg_match('//u', $url) !== 1) {
			return null;
		}
		if (preg_match('/[\x00-\x1f\x7f\\\\]/', $text) === 1) {
			return null;
		}
		$rest = (string) preg_replace('~^https?://~i', '', $text);
		preg_match('~^([^/?#]*)([^?#]*)~', $rest, $found);
		$isForeign = $rest === $text && preg_match('~^[a-z][a-z0-9+.-]*://~i', $rest) === 1;
		$split = '~^(\[[^\[\]]*\]|[^:@]*)(?::([0-9]{0,5}))?$~D';
		if ($isForeign || preg_match($split, $found[1], $parts) !== 1) {
			return null;
		}
		$key = self::join($parts[1], $parts[2] ?? '', $found[2], $rest === $text);
		return $key !== null && strlen($key) <= self::LONGEST_KEY ? $key : null;
	}

	/** A single word without scheme and port is a slip of the pen, not an address. */
	private static function join(string $rawHost, string $port, string $path, bool $isBare): ?string
	{
		$host = self::host($rawHost);
		$number = $port === '' ? 0 : (int) $port;
		if ($host === null || ($port !== '' && ($number < 1 || $number > 65535))) {
			return null;
		}
		$isWord = $host !== 'localhost' && $host[0] !== '[' && strpos($host, '.') === false;
		if ($isBare && $port === '' && $isWord) {
			return null;
		}
		$shown = in_array($number, array(0, 80, 443), true) ? '' : ':' . $number;
		return $host . $shown . self::path($path);
	}

	private static function host(string $raw): ?string
	{
		if ($raw !== '' && $raw[0] === '[') {
			return self::ipv6(substr($raw, 1, -1));
		}
		$decoded = rawurldecode($raw);
		$host = preg_match('//u', $decoded) === 1 ? Punycode::host($decoded) : null;
		$host = (string) preg_replace('/\.$/D', '', (string) $host);
		$labels = explode('.', $host);
		if (strlen($host) > 253 || preg_grep('/^[a-z0-9_-]{1,63}$/D', $labels, PREG_GREP_INVERT) !== array()) {
			return null;
		}
		if (preg_match('/^(?:[0-9]+|0x[0-9a-f]*)$/D', (string) end($labels)) === 1) {
			return filter_var($host, FILTER_VALIDATE_IP, FILTER_FLAG_IPV4) === false ? null : $host;
		}
		return $labels[0] === 'www' && count($labels) > 2 ? substr($host, 4) : $host;
	}

	private static function ipv6(string $text): ?string
	{
		if (filter_var($text, FILTER_VALIDATE_IP, FILTER_FLAG_IPV6) === false) {
			return null;
		}
		$bytes = (string) inet_pton($text);
		$mapped = substr($bytes, 0, 12) === str_repeat("\0", 10) . "\xff\xff";
		return $mapped ? '[::ffff:' . inet_ntop(substr($bytes, 12)) . ']' : '[' . self::compressed($bytes) . ']';
	}

	/** RFC 5952: the longest run of zeros once as `::`; inet_ntop writes some addresses with dots instead. */
	private static function compressed(string $bytes): string
	{
		$groups = array_map('dechex', array_values((array) unpack('n8', $bytes)));
		$text = implode(':', $groups);
		preg_match_all('/(?:^|(?<=:))0(?::0)+(?=:|$)/', $text, $runs, PREG_OFFSET_CAPTURE);
		$longest = array('', 0);
		foreach ($runs[0] as $run) {
			$longest = strlen($run[0]) > strlen($longest[0]) ? $run : $longest;
		}
		if ($longest[0] === '') {
			return $text;
		}
		$before = rtrim(substr($text, 0, (int) $longest[1]), ':');
		$after = ltrim(substr($text, (int) $longest[1] + strlen($longest[0])), ':');
		return $before . '::' . $after;
	}

	private static function path(string $raw): string
	{
		$encoded = preg_replace_callback('/%([0-9A-Fa-f]{2})|[^!-~]|%/', array(self::class, 'octet'), $raw);
		$kept = array();
		foreach (explode('/', (string) $encoded) as $part) {
			if ($part === '..') {
				array_pop($kept);
			} elseif ($part !== '' && $part !== '.') {
				$kept[] = $part;
			}
		}
		if (end($kept) === 'index.php') {
			array_pop($kept);
		}
		return $kept === array() ? '' : '/' . implode('/', $kept);
	}

	/** @param array<int, string> $found */
	private static function octet(array $found): string
	{
		$byte = isset($found[1]) ? chr((int) hexdec($found[1])) : $found[0];
		$isPlain = isset($found[1]) && preg_match('/^[A-Za-z0-9._~-]$/D', $byte) === 1;
		return $isPlain ? $byte : sprintf('%%%02X', ord($byte));
	}
}
