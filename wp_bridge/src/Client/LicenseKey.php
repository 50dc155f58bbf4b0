<?php

/**
 * A license key as a person types it: normalised, checked and masked without asking anybody.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class LicenseKey
{
	private const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

	/** Spaces, zero-width and direction marks, and every dash (protocols.md 1.2 step 3). */
	private const IGNORED = '\x{0009}-\x{000D}\x{0020}\x{00A0}\x{00AD}\x{1680}\x{2000}-\x{2015}\x{2028}-\x{202F}'
		. '\x{205F}-\x{2060}\x{2066}-\x{2069}\x{2212}\x{3000}\x{FE58}\x{FE63}\x{FEFF}-';

	private const OTHER_SECRETS = '/^(?:kd[stpx]_|whsec_)/';

	/** @return string|null compact form of 33 characters, null when it cannot be a key */
	public static function normalise(string $typed): ?string
	{
		if (strlen($typed) > 200 || preg_match('//u', $typed) !== 1) {
			return null;
		}
		$text = strtr(self::readable($typed), 'OIL', '011');
		if (preg_match('/^KD1[0-9A-HJKMNP-TV-Z]{30}$/D', $text) !== 1) {
			return null;
		}
		return hash_equals(self::check(substr($text, 3, 25)), substr($text, 28)) ? $text : null;
	}

	/**
	 * Keys from another system keep their text; what begins with KD1 is always one of ours.
	 *
	 * @return string|null the text to send, null when it cannot be a key
	 */
	public static function accept(string $typed): ?string
	{
		$compact = self::normalise($typed);
		if ($compact !== null) {
			return self::pretty($compact);
		}
		if (strlen($typed) > 200 || preg_match('//u', $typed) !== 1 || substr(self::readable($typed), 0, 3) === 'KD1') {
			return null;
		}
		$ends = self::IGNORED;
		$text = (string) preg_replace("/^[{$ends}]+|[{$ends}]+\$/Du", '', $typed);
		$isOther = preg_match(self::OTHER_SECRETS, $text) === 1;
		return !$isOther && preg_match('/^[\x21-\x7e]{8,128}$/D', $text) === 1 ? $text : null;
	}

	public static function pretty(string $compact): string
	{
		return 'KD1-' . implode('-', str_split(substr($compact, 3), 6));
	}

	public static function mask(string $key): string
	{
		return 'KD1-…' . substr($key, -4);
	}

	/** Five symbols: the first 25 bits of SHA-256 over the prefix and the body. */
	public static function check(string $body): string
	{
		$bits = '';
		foreach (str_split(substr(hash('sha256', 'KD1' . $body, true), 0, 4)) as $byte) {
			$bits .= sprintf('%08b', ord($byte));
		}
		$symbols = '';
		foreach (str_split(substr($bits, 0, 25), 5) as $five) {
			$symbols .= self::ALPHABET[(int) bindec($five)];
		}
		return $symbols;
	}

	/** Full-width signs as plain ones, without what is ignored, in capitals (never by a locale). */
	private static function readable(string $typed): string
	{
		$text = (string) preg_replace_callback('/[\x{FF01}-\x{FF5E}]/u', array(self::class, 'narrow'), $typed);
		$text = (string) preg_replace('/[' . self::IGNORED . ']/u', '', $text);
		return strtr($text, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
	}

	/** @param array<int, string> $found one full-width character */
	private static function narrow(array $found): string
	{
		$bytes = $found[0];
		$point = ((ord($bytes[0]) & 15) << 12) | ((ord($bytes[1]) & 63) << 6) | (ord($bytes[2]) & 63);
		return chr($point - 0xFEE0);
	}
}
