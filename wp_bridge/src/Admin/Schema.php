<?php

/**
 * Checks what came in against an act's closed list of fields; lengths are counted in characters.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class Schema
{
	/**
	 * @param array<string, mixed> $properties
	 * @param array<string, mixed> $input
	 * @return array{0: array<string, mixed>, 1: array<string, string>} clean values, and a code by field
	 */
	public static function check(array $properties, array $input): array
	{
		$clean = array();
		$errors = array();
		foreach (array_diff_key($input, $properties) as $name => $value) {
			$errors[(string) $name] = 'unknown';
		}
		foreach ($properties as $name => $rule) {
			$rule += array('required' => false, 'max' => 200, 'enum' => null, 'pattern' => null);
			$value = $input[$name] ?? self::blank($rule['type']);
			$clean[$name] = self::value($rule, $value);
			$code = $clean[$name] === null ? 'type' : self::judge($rule, $clean[$name]);
			if ($code !== '') {
				$errors[$name] = $code;
			}
		}
		return array($clean, $errors);
	}

	/** @return mixed */
	private static function blank(string $type)
	{
		return array('string' => '', 'boolean' => false, 'list' => array())[$type];
	}

	/**
	 * @param array<string, mixed> $rule
	 * @param mixed $value
	 * @return mixed null when the type is wrong
	 */
	private static function value(array $rule, $value)
	{
		if ($rule['type'] === 'boolean') {
			return is_bool($value) ? $value : (in_array($value, array('1', '0', ''), true) ? $value === '1' : null);
		}
		if ($rule['type'] === 'list') {
			return is_array($value) ? self::texts($value) : null;
		}
		if (!is_string($value) || preg_match('//u', $value) !== 1) {
			return null;
		}
		$plain = str_replace(array("\r\n", "\r"), "\n", $value);
		return trim((string) preg_replace('/[\x00-\x08\x0b-\x1f\x7f]/', '', $plain));
	}

	/**
	 * @param array<int|string, mixed> $values
	 * @return array<int, string>|null
	 */
	private static function texts(array $values): ?array
	{
		foreach ($values as $value) {
			if (!is_string($value) || strlen($value) > 100) {
				return null;
			}
		}
		return count($values) <= 10 ? array_values($values) : null;
	}

	/**
	 * @param array<string, mixed> $rule
	 * @param mixed $value
	 */
	private static function judge(array $rule, $value): string
	{
		if ($value === '') {
			return $rule['required'] ? 'required' : '';
		}
		if (is_string($value) && mb_strlen($value) > $rule['max']) {
			return 'too_long';
		}
		if ($rule['enum'] !== null && array_diff((array) $value, $rule['enum']) !== array()) {
			return 'not_listed';
		}
		$fits = $rule['pattern'] === null || preg_match($rule['pattern'], (string) $value) === 1;
		return $fits ? '' : 'pattern';
	}
}
