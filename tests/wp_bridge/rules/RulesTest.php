<?php

/**
 * Every file of the bridge keeps every rule, and every rule is seen to fail on a planted breach.
 */

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/Source.php';
require_once __DIR__ . '/Rules.php';

const BRIDGE_SOURCE = __DIR__ . '/../../../wp_bridge/';

final class RulesTest extends TestCase
{
	/** @return array<string, array<int, Source>> */
	public function files(): array
	{
		$files = array();
		foreach (array('*.php', 'src/*.php', 'src/*/*.php', 'templates/*.php') as $pattern) {
			foreach ((array) glob(BRIDGE_SOURCE . $pattern) as $path) {
				$name = substr((string) $path, strlen(BRIDGE_SOURCE));
				$files[$name] = array(new Source($name, (string) file_get_contents((string) $path)));
			}
		}
		return $files;
	}

	/** @dataProvider files */
	public function test_a_file_keeps_every_rule(Source $file): void
	{
		$breaches = array();
		$rules = array('forbidden', 'oneCaller', 'level', 'size', 'foreign');
		$rules[] = strpos($file->path, 'src/') === 0 ? 'floors' : 'forbidden';
		$rules[] = strpos($file->path, 'templates/') === 0 ? 'escaping' : 'forbidden';
		foreach ($rules as $rule) {
			$breaches = array_merge($breaches, Rules::$rule($file));
		}
		$this->assertSame(array(), $breaches);
	}

	/** @return array<string, array<int, string>> rule, path, code with a breach */
	public function plants(): array
	{
		$site = "<?php\nnamespace Keydesk\\Bridge\\Site;\n";
		return array(
			'a lower floor names a higher one' => array('floors', 'src/Site/X.php', $site . 'use Keydesk\Bridge\Admin\Html;'),
			'a sibling names a sibling' => array('floors', 'src/License/X.php', '<?php new \Keydesk\Bridge\Support\Tickets();'),
			'a room names the roof' => array('floors', 'src/Admin/X.php', '<?php use Keydesk\Bridge\Workshop;'),
			'unserialize' => array('forbidden', 'src/Site/X.php', $site . '\unserialize($x);'),
			'eval' => array('forbidden', 'src/Site/X.php', $site . 'eval($x);'),
			'SQL' => array('forbidden', 'src/Site/X.php', $site . 'global $wpdb;'),
			'curl' => array('forbidden', 'src/Site/X.php', $site . 'curl_init($x);'),
			'a shell' => array('forbidden', 'src/Site/X.php', $site . '$x = `ls`;'),
			'a bare hook' => array('oneCaller', 'src/Admin/X.php', '<?php add_action("init", $x);'),
			'an option written elsewhere' => array('oneCaller', 'src/Admin/X.php', '<?php update_option("a", 1);'),
			'a request elsewhere' => array('oneCaller', 'src/License/X.php', '<?php wp_remote_get($x);'),
			'a route elsewhere' => array('oneCaller', 'src/Admin/X.php', '<?php register_rest_route($a, $b, $c);'),
			'a door for everybody' => array('oneCaller', 'src/Admin/Dispatcher.php', "<?php \$h = 'wp_ajax_nopriv_x';"),
			'input read elsewhere' => array('oneCaller', 'src/Support/X.php', '<?php $x = $_POST["a"];'),
			'bare echo' => array('escaping', 'templates/x.php', '<p><?php echo $view["a"]; ?></p>'),
			'short echo' => array('escaping', 'templates/x.php', '<p><?= $view["a"] ?></p>'),
			'glued echo' => array('escaping', 'templates/x.php', '<?php echo esc_html($a) . $b; ?>'),
			'match' => array('level', 'src/Site/X.php', '<?php $x = match($y) { 1 => 2 };'),
			'promotion' => array('level', 'src/Site/X.php', '<?php class X { function __construct(private int $a) {} }'),
			'union type' => array('level', 'src/Site/X.php', '<?php function x(int|string $a) {}'),
			'mixed' => array('level', 'src/Site/X.php', '<?php function x(mixed $a) {}'),
			'nullsafe' => array('level', 'src/Site/X.php', '<?php $a?->b;'),
			'bare catch' => array('level', 'src/Site/X.php', '<?php try { } catch (\Throwable) { }'),
			'last comma' => array('level', 'src/Site/X.php', '<?php function x($a,) {}'),
			'newer function' => array('level', 'src/Site/X.php', '<?php str_contains($a, $b);'),
			'long file' => array('size', 'src/Site/X.php', '<?php' . str_repeat("\n", 301)),
			'long function' => array('size', 'src/Site/X.php', '<?php function x() {' . str_repeat("\n", 41) . '}'),
			'an address in the code' => array('foreign', 'src/Site/X.php', '<?php $x = "https://cdn.example.com/a.js";'),
			'an inline script' => array('foreign', 'templates/x.php', '<script>alert(1)</script>'),
		);
	}

	/** @dataProvider plants */
	public function test_a_planted_breach_is_found(string $rule, string $path, string $code): void
	{
		$this->assertNotSame(array(), Rules::$rule(new Source($path, $code)));
	}

	public function test_the_styles_know_no_left_and_right(): void
	{
		$css = (string) file_get_contents(BRIDGE_SOURCE . 'assets/bridge.css');
		$this->assertDoesNotMatchRegularExpression('/\b(?:left|right)\b/', $css);
		$this->assertDoesNotMatchRegularExpression('/url\(|@import/', $css);
	}

	/** @return array<int, array<int, string>> */
	public function scripts(): array
	{
		return array_map(static function (string $path): array {
			return array((string) file_get_contents($path));
		}, (array) glob(BRIDGE_SOURCE . 'assets/*.js'));
	}

	/** @dataProvider scripts */
	public function test_a_script_asks_nobody_but_the_site_and_stays_short(string $script): void
	{
		$this->assertDoesNotMatchRegularExpression('~https?://|\bfetch\(|XMLHttpRequest|\beval\(|new Function~', $script);
		$this->assertLessThanOrEqual(300, substr_count($script, "\n"));
	}

	public function test_every_rule_of_the_styles_stays_below_the_root(): void
	{
		$css = (string) preg_replace('~/\*.*?\*/~s', '', (string) file_get_contents(BRIDGE_SOURCE . 'assets/bridge.css'));
		preg_match_all('/(?:^|[{}])\s*([^{}@]+)\{/', $css, $found);
		foreach ($found[1] as $selectors) {
			foreach (explode(',', $selectors) as $selector) {
				$this->assertStringStartsWith('.keydesk-bridge', trim($selector));
			}
		}
	}
}
