<?php

/**
 * Takes secrets and personal data out of what a person is about to send, by pattern, name and value.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

final class Redactor
{
	private const SECRETS = array(
		'key' => '/\bKD1(?:-[0-9A-HJKMNP-TV-Z]{6}){5}\b|\bkd[stpx]_(?:live_|test_)?[0-9A-Za-z]{24,}\b'
			. '|\bwhsec_[A-Za-z0-9+\/]{20,}=*|\b[srp]k_(?:live|test)_[0-9A-Za-z]{10,}\b/',
		'token' => '/\bBearer\s+[A-Za-z0-9._~+\/=-]{8,}/i',
	);

	private const PERSONAL = array(
		'e-mail' => '/[\p{L}\p{N}._%+\'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u',
		'address' => '/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\.\d)/',
		'address6' => '/(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}'
			. '|(?:[0-9a-f]{1,4}:){2,7}:|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})(?![\w:])/i',
	);

	/** Whole words, so that "Author" and "Keyboard" keep their values; the joined ones are one word to a reader. */
	private const NAMES = '/\b(?:(?:api|app|auth|license|licence|private|public|secret|access)?keys?|secrets?'
		. '|(?:api|access|auth|session)?tokens?|pass|passwd|passwords?|passphrase|pwd|auth|authorization|salts?|cookies?)\b/';

	/** What many sites have in wp-config and everybody knows. */
	private const COMMON = array('wordpress', 'database', 'localhost', 'put your unique phrase here');

	/** @var array<string, string> the pattern of values that must never leave (keys and salts of wp-config) */
	private array $values;

	/** @var array<string, string> folder of the site to the name it is called by, longest first */
	private array $folders;

	/**
	 * @param array<int, string> $values
	 * @param string $content where wp-content lies, if not below the root
	 */
	public function __construct(array $values, string $root, string $content = '')
	{
		$this->values = self::exactly($values);
		$this->folders = self::named(array($content => 'WP_CONTENT_DIR', $root => 'ABSPATH'));
	}

	/**
	 * How many places are blacked out in what a person is shown.
	 *
	 * @param array<string, mixed> $clean
	 */
	public static function removed(array $clean): int
	{
		return substr_count((string) json_encode($clean), '[removed: ');
	}

	/**
	 * @param array<string, mixed> $rows nested rows of name to value
	 * @param bool $byName whether the name of a row may say that its value is a secret
	 * @return array<string, mixed>
	 */
	public function rows(array $rows, bool $byName = true): array
	{
		$clean = array();
		foreach ($rows as $name => $value) {
			$label = $this->text((string) $name);
			if (is_array($value)) {
				$clean[$label] = $this->rows($value, $byName);
			} elseif ($byName && is_string($value) && $value !== '' && self::namesSecret((string) $name)) {
				$clean[$label] = self::mark('secret');
			} else {
				$clean[$label] = is_string($value) ? $this->text($value) : $value;
			}
		}
		return $clean;
	}

	/** Paths go first: a folder that looks like a secret would else be replaced in the middle of its path. */
	public function text(string $text): string
	{
		if (preg_match('//u', $text) !== 1) {
			return self::mark('unreadable');
		}
		$text = $this->shortenPaths($text);
		$text = $this->blacken($this->values + self::SECRETS, $text);
		$text = $this->cutAddresses($text);
		return $this->blacken(self::PERSONAL, $text);
	}

	/**
	 * @param array<int, string> $values
	 * @return array<string, string> one pattern, the longest value first, so that none is replaced inside another
	 */
	private static function exactly(array $values): array
	{
		$telling = array_filter($values, static function (string $value): bool {
			return strlen($value) >= 8 && !in_array(strtolower($value), self::COMMON, true);
		});
		usort($telling, static function (string $one, string $other): int {
			return strlen($other) <=> strlen($one);
		});
		$quoted = array_map(static function (string $value): string {
			return preg_quote($value, '~');
		}, $telling);
		return $quoted === array() ? array() : array('secret' => '~' . implode('|', $quoted) . '~');
	}

	/** "wpAuthKey", "AUTH_KEY" and "Auth key" are the same words. */
	private static function namesSecret(string $name): bool
	{
		$apart = (string) preg_replace('/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u', ' ', $name);
		$words = (string) preg_replace('/[^\p{L}]+/u', ' ', $apart);
		return preg_match(self::NAMES, strtolower($words)) === 1;
	}

	/**
	 * @param array<string, string> $folders
	 * @return array<string, string> as written and as the disk knows them (hosts link /www to /home/…)
	 */
	private static function named(array $folders): array
	{
		$named = array();
		foreach ($folders as $folder => $name) {
			$real = $folder === '' ? false : realpath((string) $folder);
			foreach (array((string) $folder, (string) $real) as $written) {
				$written = rtrim($written, '/\\');
				if ($written !== '') {
					$named += array($written => $name);
				}
			}
		}
		uksort($named, static function (string $one, string $other): int {
			return strlen($other) <=> strlen($one);
		});
		return $named;
	}

	/** @param array<string, string> $patterns */
	private function blacken(array $patterns, string $text): string
	{
		foreach ($patterns as $kind => $pattern) {
			$text = (string) preg_replace_callback($pattern, static function () use ($kind): string {
				return self::mark($kind === 'address6' ? 'address' : $kind);
			}, $text);
		}
		return $text;
	}

	/** User information and query strings of web addresses. */
	private function cutAddresses(string $text): string
	{
		$text = (string) preg_replace_callback('~(\w+://)[^/\s@:]+(?::[^/\s@]*)?@~', static function (array $found): string {
			return $found[1] . self::mark('login') . '@';
		}, $text);
		return (string) preg_replace_callback('~(\w+://[^\s?#"\'<>]+)\?[^\s"\'<>]*~', static function (array $found): string {
			return $found[1] . '?' . self::mark('query');
		}, $text);
	}

	/** The site's own folders keep what stands behind them; any other absolute path goes as a whole. */
	private function shortenPaths(string $text): string
	{
		foreach ($this->folders as $folder => $name) {
			$own = '~(?<![\w./\\\\-])' . preg_quote((string) $folder, '~') . '(?:[/\\\\]|(?![\w-]|\.\w))~';
			$text = (string) preg_replace($own, $name . '/', $text);
		}
		$absolute = '~(?<![\w:./\]-])(?:/(?:home|var|usr|srv|opt|root|tmp|mnt|data|www|Users)(?:/|(?![\w.-]))'
			. '|[A-Za-z]:\\\\)[^\s"\'<>:;,)]*~';
		return (string) preg_replace_callback($absolute, static function (): string {
			return self::mark('path');
		}, $text);
	}

	private static function mark(string $kind): string
	{
		return '[removed: ' . $kind . ']';
	}
}
