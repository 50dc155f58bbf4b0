<?php

/**
 * Pieces of markup for the templates; every method returns text that is already escaped.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Site\Names;

final class Html
{
	private Names $names;

	/** @var callable(string, array<string, string>): string */
	private $url;

	/** @param callable(string, array<string, string>): string $url */
	public function __construct(Names $names, callable $url)
	{
		$this->names = $names;
		$this->url = $url;
	}

	/**
	 * Opens a form for one act; without a script it posts to admin-post.php.
	 *
	 * @param array<string, string> $hidden
	 */
	public function open(string $act, array $hidden = array(), string $class = ''): string
	{
		$form = sprintf(
			'<form method="post" enctype="multipart/form-data" action="%s" data-act="%s" class="%s">',
			esc_url(admin_url('admin-post.php')),
			esc_attr($act),
			esc_attr($class)
		);
		$nonce = wp_create_nonce($this->names->act($act));
		$hidden += array('action' => $this->names->act($act), '_keydesk' => $nonce);
		foreach ($hidden as $name => $value) {
			$form .= sprintf('<input type="hidden" name="%s" value="%s">', esc_attr($name), esc_attr($value));
		}
		return $form;
	}

	/**
	 * Fields that send a form to another act than its own (a second button without a script).
	 */
	public function nonce(string $act): string
	{
		return esc_attr(wp_create_nonce($this->names->act($act)));
	}

	/** @param array<string, string> $arguments */
	public function url(string $tab, array $arguments = array()): string
	{
		return esc_url(($this->url)($tab, $arguments));
	}

	/** @param array<string, string> $arguments */
	public function link(string $text, string $tab, array $arguments = array(), string $class = ''): string
	{
		$class = $class === '' ? '' : sprintf(' class="%s"', esc_attr($class));
		return sprintf('<a%s href="%s">%s</a>', $class, $this->url($tab, $arguments), esc_html($text));
	}

	/** A link out of the site, https only. */
	public function outside(string $text, string $url): string
	{
		$safe = esc_url($url, array('https', 'http', 'mailto'));
		return $safe === '' ? '' : sprintf('<a href="%s" rel="noopener" target="_blank">%s</a>', $safe, esc_html($text));
	}

	/** @param string|int $moment Unix seconds, or a date of the server */
	public function time($moment, bool $withHour = true): string
	{
		$stamp = is_int($moment) ? $moment : (int) strtotime($moment);
		if ($stamp <= 0) {
			return '';
		}
		$format = get_option('date_format') . ($withHour ? ', ' . get_option('time_format') : '');
		return sprintf(
			'<time datetime="%s">%s</time>',
			esc_attr(gmdate('c', $stamp)),
			esc_html((string) wp_date($format, $stamp))
		);
	}

	/** A date inside a sentence; not escaped, because the whole sentence is. */
	public function day(int $moment): string
	{
		return (string) wp_date((string) get_option('date_format'), $moment);
	}

	/** What a person wrote: paragraphs, addresses as links, nothing else. */
	public function prose(string $text): string
	{
		$allowed = array('p' => array(), 'br' => array(), 'a' => array('href' => true, 'rel' => true));
		$linked = make_clickable(htmlspecialchars($text, ENT_QUOTES, 'UTF-8')); // esc_html would read entities
		return wp_kses(wpautop($linked), $allowed, array('https', 'http', 'mailto'));
	}

	/** The beginning of a text on one line. */
	public function excerpt(string $text): string
	{
		$line = trim((string) preg_replace('/\s+/u', ' ', $text));
		$short = mb_strlen($line) > 120 ? mb_substr($line, 0, 119) . '…' : $line;
		return htmlspecialchars($short, ENT_QUOTES, 'UTF-8');
	}

	public function size(int $bytes): string
	{
		return esc_html((string) size_format($bytes));
	}

	/** @param array<string, string> $errors an error stands beside its field */
	public function error(string $field, array $errors): string
	{
		if (!isset($errors[$field])) {
			return '';
		}
		return sprintf(
			'<p class="kd-error" id="kd-%s-error">%s</p>',
			esc_attr($field),
			esc_html($errors[$field])
		);
	}

	/** @param array<string, string> $errors attributes that tie a field to its error */
	public function marked(string $field, array $errors, string $describedBy = ''): string
	{
		$ids = $describedBy;
		$invalid = '';
		if (isset($errors[$field])) {
			$ids = trim('kd-' . $field . '-error ' . $ids);
			$invalid = ' aria-invalid="true"';
		}
		return $invalid . ($ids === '' ? '' : sprintf(' aria-describedby="%s"', esc_attr($ids)));
	}
}
