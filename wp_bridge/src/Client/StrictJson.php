<?php

/**
 * Reads a JSON object as strictly as the server does: no duplicate keys, no floats for integers, no depth.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class StrictJson
{
	private const TOKEN = '/\G\s*(?:("(?:[^"\\\\]|\\\\.)*+")|([{}\[\],:])|([^\s{}\[\],:"]+))/s';

	/** @return array<string, mixed>|null */
	public static function object(string $text): ?array
	{
		if (!isset($text[0]) || $text[0] !== '{' || preg_match('//u', $text) !== 1) {
			return null;
		}
		$data = json_decode($text, true, 16, JSON_BIGINT_AS_STRING);
		return is_array($data) && !self::hasTwins($text) ? $data : null;
	}

	/** Whether some object names one key twice; the text is known to be valid JSON. */
	private static function hasTwins(string $text): bool
	{
		$stack = array();
		$last = '';
		$offset = 0;
		while (preg_match(self::TOKEN, $text, $found, 0, $offset) === 1) {
			$offset += strlen($found[0]);
			$sign = $found[2] ?? '';
			if ($sign === '{' || $sign === '[') {
				$stack[] = array();
			} elseif ($sign === '}' || $sign === ']') {
				array_pop($stack);
			} elseif ($sign === ':') {
				$key = (string) json_decode($last);
				if (isset($stack[count($stack) - 1]['.' . $key])) {
					return true;
				}
				$stack[count($stack) - 1]['.' . $key] = true;
			}
			$last = $found[1];
		}
		return false;
	}
}
