<?php

/**
 * An act without right or schema cannot be built, and its schema lets nothing else in.
 */

declare(strict_types=1);

use Keydesk\Bridge\Admin\Action;
use Keydesk\Bridge\Admin\Answer;
use Keydesk\Bridge\Admin\Incoming;
use Keydesk\Bridge\Admin\Schema;
use PHPUnit\Framework\TestCase;

final class ActionTest extends TestCase
{
	/** @return array<string, array<int, mixed>> */
	public function holes(): array
	{
		$closed = Action::schema(array());
		return array(
			'no name' => array('', 'manage_options', $closed),
			'no capability' => array('send', '', $closed),
			'everybody may read' => array('send', 'read', $closed),
			'authors are not administrators' => array('send', 'edit_posts', $closed),
			'open schema' => array('send', 'manage_options', array('type' => 'object', 'properties' => array())),
			'no schema' => array('send', 'manage_options', array()),
		);
	}

	/** @dataProvider holes */
	public function test_a_hole_cannot_be_built(string $name, string $capability, array $schema): void
	{
		$this->expectException(LogicException::class);
		new Action($name, $capability, $schema, static function (): Answer {
			return Answer::good();
		});
	}

	/** @return array<string, array<int, mixed>> rule, value, code of the refusal */
	public function inputs(): array
	{
		$text = array('type' => 'string', 'max' => 3, 'required' => true);
		return array(
			'characters, not bytes' => array($text, 'їжа', ''),
			'too long' => array($text, 'їжак', 'too_long'),
			'blank' => array($text, "  \n", 'required'),
			'a list for a text' => array($text, array('a'), 'type'),
			'a number for a text' => array($text, 7, 'type'),
			'broken UTF-8' => array($text, "\xff", 'type'),
			'a box that is ticked' => array(array('type' => 'boolean'), '1', ''),
			'a word for a switch' => array(array('type' => 'boolean'), 'yes', 'type'),
			'outside the list' => array(array('type' => 'string', 'enum' => array('open')), 'gone', 'not_listed'),
			'one of the list' => array(array('type' => 'list', 'enum' => array('site')), array('site'), ''),
			'one beside the list' => array(array('type' => 'list', 'enum' => array('site')), array('db'), 'not_listed'),
			'nested list' => array(array('type' => 'list'), array(array('x')), 'type'),
			'wrong shape' => array(array('type' => 'string', 'pattern' => '/^tkt_[0-9a-z]+$/D'), "tkt_1\n../", 'pattern'),
		);
	}

	/** @dataProvider inputs */
	public function test_a_field_is_judged(array $rule, $value, string $code): void
	{
		list(, $errors) = Schema::check(array('field' => $rule), array('field' => $value));
		$this->assertSame($code, $errors['field'] ?? '');
	}

	public function test_an_unknown_field_is_refused(): void
	{
		list(, $errors) = Schema::check(array(), array('capability' => 'x'));
		$this->assertSame(array('capability' => 'unknown'), $errors);
	}

	public function test_line_ends_become_one_kind_and_control_signs_go(): void
	{
		list($clean) = Schema::check(array('t' => array('type' => 'string')), array('t' => "a\r\nb\x00\x07\tc"));
		$this->assertSame("a\nb\tc", $clean['t']);
	}

	public function test_one_file_and_many_become_one_list(): void
	{
		$one = array('name' => 'a', 'tmp_name' => '/t/a', 'size' => 1, 'error' => UPLOAD_ERR_OK);
		$many = array(
			'name' => array('a', ''), 'tmp_name' => array('/t/a', ''),
			'size' => array(1, 0), 'error' => array(UPLOAD_ERR_OK, UPLOAD_ERR_NO_FILE),
		);
		$this->assertSame(Incoming::uploads($one), Incoming::uploads($many));
	}
}
