<?php

/**
 * The rules of the bridge (wordpress.md 2, 3, 6, 8.1), each as a function from a file to its breaches.
 */

declare(strict_types=1);

final class Rules
{
	private const FLOORS = array('Client' => 0, 'Site' => 1, 'License' => 2, 'Support' => 2, 'Admin' => 3, '' => 4);

	private const FORBIDDEN = '/^(?:unserialize|maybe_unserialize|serialize|maybe_serialize|eval|extract|create_function'
		. '|assert|curl_\w+|exec|shell_exec|system|passthru|proc_open|popen|call_user_func(?:_array)?|parse_str)$/';

	/** What only some files may call: pattern of the function, files. */
	private const ONE_CALLER = array(
		array('/^(?:add_action|add_filter)$/', array('src/Site/Guard.php', 'bootstrap.php')),
		array('/^(?:add|update|delete)_(?:option|site_option|network_option)$/', array('src/Site/Options.php')),
		array('/^(?:add|update|delete)_(?:user_meta|metadata|post_meta)$/', array('src/Site/Store.php')),
		array('/^(?:get|set|delete)_(?:site_)?transient$/', array('src/Site/Store.php')),
		array('/^get_(?:site_)?option$/', array('src/Site/Options.php', 'src/Site/Identity.php', 'src/Site/Diagnostics.php', 'src/Admin/Html.php')),
		array('/^(?:wp_remote_(?:get|post|head|request)|wp_safe_remote_\w+)$/', array('src/Site/WpTransport.php')),
		array('/^register_rest_route$/', array('src/Admin/Dispatcher.php')),
		array('/^sodium_\w+$/', array('src/Client/Signed.php')),
		array('/^wp_(?:safe_)?redirect$/', array('src/Admin/Dispatcher.php')),
	);

	private const NEWER = '/^(?:str_contains|str_starts_with|str_ends_with|array_is_list|get_debug_type|fdiv|array_find|json_validate)$/';

	private const SAFE_ECHO = '/^(?:esc_html|esc_attr|esc_url|esc_textarea|wp_kses\w*|\(int\)|\$html)$/';

	/** @return array<int, string> names of higher floors or of a sibling */
	public static function floors(Source $file): array
	{
		$room = self::room($file->path);
		$breaches = array();
		foreach ($file->tokens as $place => $token) {
			if (!$token->is(array(T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED)) || $file->at($place - 1) === 'namespace') {
				continue;
			}
			$name = ltrim($token->text, '\\');
			$isOurs = strpos($name, 'Keydesk\\Bridge\\') === 0;
			$name = $isOurs ? substr($name, 15) : ($room === '' ? $name : '');
			$target = strpos($name, '\\') === false ? '' : explode('\\', $name)[0];
			$isHigher = $name !== '' && (self::FLOORS[$target] ?? -1) >= self::FLOORS[$room];
			if ($isHigher && $target !== $room) {
				$breaches[] = $file->path . ':' . $token->line . ' names ' . $name;
			}
		}
		return $breaches;
	}

	/** @return array<int, string> */
	public static function forbidden(Source $file): array
	{
		$breaches = array();
		foreach ($file->calls() as list($name, $line)) {
			if (preg_match(self::FORBIDDEN, $name) === 1) {
				$breaches[] = "{$file->path}:{$line} calls {$name}";
			}
		}
		foreach ($file->tokens as $token) {
			if ($token->text === '$wpdb' || $token->text === '`') {
				$breaches[] = "{$file->path}:{$token->line} uses {$token->text}";
			}
		}
		return $breaches;
	}

	/** @return array<int, string> */
	public static function oneCaller(Source $file): array
	{
		$breaches = array();
		foreach ($file->calls() as list($name, $line)) {
			foreach (self::ONE_CALLER as list($pattern, $files)) {
				if (preg_match($pattern, $name) === 1 && !in_array($file->path, $files, true)) {
					$breaches[] = "{$file->path}:{$line} calls {$name}";
				}
			}
		}
		$mayRead = in_array($file->path, array('src/Admin/Dispatcher.php', 'src/Admin/Screens.php'), true);
		foreach ($file->tokens as $token) {
			$isInput = preg_match('/^\$_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER)$/', $token->text) === 1;
			$isOpenDoor = $token->is(T_CONSTANT_ENCAPSED_STRING) && preg_match('/wp_ajax|_nopriv_/', $token->text) === 1;
			if (($isInput && !$mayRead) || $isOpenDoor) {
				$breaches[] = "{$file->path}:{$token->line} uses {$token->text}";
			}
		}
		return $breaches;
	}

	/** @return array<int, string> an echo of something that nobody escaped */
	public static function escaping(Source $file): array
	{
		$breaches = array();
		foreach ($file->tokens as $place => $token) {
			if ($token->is(array(T_ECHO, T_PRINT, T_OPEN_TAG_WITH_ECHO))) {
				$next = strtolower((string) preg_replace('/\s/', '', $file->at($place + 1)));
				if (preg_match(self::SAFE_ECHO, $next) !== 1) {
					$breaches[] = "{$file->path}:{$token->line} prints {$next}";
				}
				$end = $place;
				while (!in_array($file->at($end), array(';', '?>', ''), true)) {
					$end += in_array($file->at($end), array('(', '['), true) ? $file->closing($end) - $end + 1 : 1;
					if (in_array($file->at($end), array('.', ','), true)) {
						$breaches[] = "{$file->path}:{$token->line} glues parts after the escaped one";
					}
				}
			}
		}
		return $breaches;
	}

	/** @return array<int, string> what PHP 7.4 cannot read or does not have */
	public static function level(Source $file): array
	{
		$breaches = array();
		$new = array(T_MATCH, T_ENUM, T_READONLY, T_NULLSAFE_OBJECT_OPERATOR, T_ATTRIBUTE);
		foreach ($file->tokens as $place => $token) {
			$bare = $token->is(T_CATCH) && $file->at($file->closing($place + 1) - 1)[0] !== '$';
			if ($token->is($new) || $bare) {
				$breaches[] = "{$file->path}:{$token->line} uses {$token->text}";
			}
			if ($token->is(array(T_FUNCTION, T_FN))) {
				$breaches = array_merge($breaches, self::signature($file, $place));
			}
		}
		foreach ($file->calls() as list($name, $line)) {
			if (preg_match(self::NEWER, $name) === 1) {
				$breaches[] = "{$file->path}:{$line} calls {$name}";
			}
		}
		return $breaches;
	}

	/** @return array<int, string> union types, promotion, mixed, and a comma behind the last parameter */
	private static function signature(Source $file, int $place): array
	{
		$open = $place;
		while ($file->at($open) !== '(') {
			$open++;
		}
		$close = $file->closing($open);
		$found = $file->at($close - 1) === ',' ? array('a comma behind the last parameter') : array();
		$last = $file->at($close + 1) === ':' ? $close + 4 : $close;
		for ($here = $open; $here < $last; $here++) {
			$token = $file->tokens[$here];
			$isType = $token->is(T_STRING) && in_array(strtolower($token->text), array('mixed', 'never', 'false', 'null'), true);
			$isValue = $file->at($here - 1) === '=';
			$isKey = in_array($token->text, array('public', 'protected', 'private', '|'), true);
			if ($isKey || ($isType && !$isValue)) {
				$found[] = $token->text . ' in a signature';
			}
		}
		return array_map(static function (string $what) use ($file, $place): string {
			return "{$file->path}:{$file->tokens[$place]->line} has {$what}";
		}, $found);
	}

	/** @return array<int, string> files over 300 lines, functions over 40 */
	public static function size(Source $file): array
	{
		$lines = substr_count($file->text, "\n");
		$breaches = $lines > 300 ? array("{$file->path} has {$lines} lines") : array();
		foreach ($file->tokens as $place => $token) {
			if ($token->is(T_FUNCTION) && $file->tokens[$place + 1]->is(T_STRING)) {
				$body = $place;
				while (!in_array($file->at($body), array('{', ';'), true)) {
					$body++;
				}
				$end = $file->at($body) === '{' ? $file->tokens[$file->closing($body)]->line : $token->line;
				$long = $end - $token->line + 1;
				$breaches = $long > 40 ? array_merge($breaches, array("{$file->path}:{$token->line} {$long} lines")) : $breaches;
			}
		}
		return $breaches;
	}

	/** @return array<int, string> addresses in the code, and scripts in the markup */
	public static function foreign(Source $file): array
	{
		$breaches = array();
		foreach ($file->tokens as $token) {
			$isText = $token->is(array(T_CONSTANT_ENCAPSED_STRING, T_INLINE_HTML, T_ENCAPSED_AND_WHITESPACE));
			if ($isText && preg_match('~https?://[\w.]|<script|<iframe|javascript:~i', $token->text) === 1) {
				$breaches[] = "{$file->path}:{$token->line} holds " . trim(substr($token->text, 0, 60));
			}
		}
		return $breaches;
	}

	private static function room(string $path): string
	{
		$parts = explode('/', $path);
		return count($parts) === 3 ? $parts[1] : '';
	}
}
