<?php

/**
 * Host names in other scripts as ASCII (RFC 3492), for sites whose PHP has no intl.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Punycode
{
	private const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';

	/** @return string|null null when it is no host name */
	public static function host(string $host): ?string
	{
		if (preg_match('/^[\x00-\x7f]*$/D', $host) === 1) {
			return strtolower($host);
		}
		if (function_exists('idn_to_ascii')) {
			$ascii = idn_to_ascii($host, IDNA_NONTRANSITIONAL_TO_ASCII, INTL_IDNA_VARIANT_UTS46);
			return is_string($ascii) ? strtolower($ascii) : null;
		}
		if (!function_exists('mb_ord') || !function_exists('mb_strtolower')) {
			return null; // then the address is compared as it stands
		}
		$lower = str_replace(array('。', '．', '｡'), '.', mb_strtolower($host, 'UTF-8'));
		return implode('.', array_map(array(self::class, 'label'), explode('.', $lower)));
	}

	public static function label(string $label): string
	{
		if (preg_match('/^[\x00-\x7f]*$/D', $label) === 1) {
			return $label;
		}
		$points = array();
		foreach (preg_split('//u', $label, -1, PREG_SPLIT_NO_EMPTY) ?: array() as $letter) {
			$points[] = mb_ord($letter, 'UTF-8');
		}
		$plain = array_filter($points, static function (int $point): bool {
			return $point < 128;
		});
		$head = implode('', array_map('chr', $plain));
		return 'xn--' . ($head === '' ? '' : $head . '-') . self::tail($points, count($plain));
	}

	/** @param array<int, int> $points */
	private static function tail(array $points, int $done): string
	{
		$text = '';
		list($next, $delta, $bias, $basic) = array(128, 0, 72, $done);
		while ($done < count($points)) {
			$least = min(array_filter($points, static function (int $point) use ($next): bool {
				return $point >= $next;
			}));
			$delta += ($least - $next) * ($done + 1);
			$next = $least;
			foreach ($points as $point) {
				$delta += $point < $next ? 1 : 0;
				if ($point === $next) {
					$text .= self::number($delta, $bias);
					$bias = self::adapt($delta, $done + 1, $done === $basic);
					$delta = 0;
					$done++;
				}
			}
			$delta++;
			$next++;
		}
		return $text;
	}

	private static function number(int $value, int $bias): string
	{
		$text = '';
		for ($place = 36;; $place += 36) {
			$least = max(1, min(26, $place - $bias));
			if ($value < $least) {
				return $text . self::DIGITS[$value];
			}
			$text .= self::DIGITS[$least + ($value - $least) % (36 - $least)];
			$value = intdiv($value - $least, 36 - $least);
		}
	}

	private static function adapt(int $delta, int $length, bool $isFirst): int
	{
		$delta = intdiv($delta, $isFirst ? 700 : 2);
		$delta += intdiv($delta, $length);
		$steps = 0;
		for (; $delta > 455; $steps += 36) {
			$delta = intdiv($delta, 35);
		}
		return $steps + intdiv(36 * $delta, $delta + 38);
	}
}
