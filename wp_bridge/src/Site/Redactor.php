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

	private const NAMES = '/key|secret|token|pass|auth|salt|cookie/i';

	/** @var array<int, string> values that must never leave (keys and salts of wp-config) */
	private array $values;

	private string $root;

	private int $removed = 0;

	/** @param array<int, string> $values */
	public function __construct(array $values, string $root)
	{
		$this->values = array_values(array_filter($values, static function (string $value): bool {
			return strlen($value) >= 8;
		}));
		$this->root = rtrim($root, '/\\');
	}

	/** How many places were blacked out so far. */
	public function removed(): int
	{
		return $this->removed;
	}

	/**
	 * @param array<string, mixed> $rows nested rows of name to value
	 * @return array<string, mixed>
	 */
	public function rows(array $rows): array
	{
		$clean = array();
		foreach ($rows as $name => $value) {
			$label = $this->text((string) $name);
			if (is_array($value)) {
				$clean[$label] = $this->rows($value);
			} elseif (is_string($value) && preg_match(self::NAMES, (string) $name) === 1 && $value !== '') {
				$clean[$label] = $this->mark('secret');
			} else {
				$clean[$label] = is_string($value) ? $this->text($value) : $value;
			}
		}
		return $clean;
	}

	public function text(string $text): string
	{
		if (preg_match('//u', $text) !== 1) {
			return $this->mark('unreadable');
		}
		foreach ($this->values as $value) {
			$text = str_replace($value, $this->markIf(strpos($text, $value) !== false), $text);
		}
		$text = $this->blacken(self::SECRETS, $text);
		$text = $this->cutAddresses($text);
		$text = $this->blacken(self::PERSONAL, $text);
		return $this->shortenPaths($text);
	}

	/** @param array<string, string> $patterns */
	private function blacken(array $patterns, string $text): string
	{
		foreach ($patterns as $kind => $pattern) {
			$text = (string) preg_replace_callback($pattern, function () use ($kind): string {
				return $this->mark($kind === 'address6' ? 'address' : $kind);
			}, $text);
		}
		return $text;
	}

	/** User information and query strings of web addresses. */
	private function cutAddresses(string $text): string
	{
		$text = (string) preg_replace_callback('~(\w+://)[^/\s@:]+(?::[^/\s@]*)?@~', function (array $found): string {
			return $found[1] . $this->mark('login') . '@';
		}, $text);
		return (string) preg_replace_callback('~(\w+://[^\s?#"\'<>]+)\?[^\s"\'<>]*~', function (array $found): string {
			return $found[1] . '?' . $this->mark('query');
		}, $text);
	}

	private function shortenPaths(string $text): string
	{
		if ($this->root !== '') {
			$text = str_replace(array($this->root . '/', $this->root . '\\', $this->root), 'ABSPATH/', $text);
		}
		$absolute = '~(?<![\w:./\]-])(?:/(?:home|var|usr|srv|opt|root|tmp|mnt|data|www|Users)/|[A-Za-z]:\\\\)[^\s"\'<>:;,)]*~';
		return (string) preg_replace_callback($absolute, function (): string {
			return $this->mark('path');
		}, $text);
	}

	private function markIf(bool $found): string
	{
		return $found ? $this->mark('secret') : '';
	}

	private function mark(string $kind): string
	{
		$this->removed++;
		return '[removed: ' . $kind . ']';
	}
}
